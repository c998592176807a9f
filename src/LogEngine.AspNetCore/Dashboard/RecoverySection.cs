namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What the opening of an embedded engine found and did.</summary>
internal static class RecoverySection
{
    internal static Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        RecoveryReport report = view.Embedded!.Recovery;
        foreach (string warning in report.Warnings.Concat(
            report.SkippedSnapshots.Select(skipped => $"A snapshot was not usable: {skipped}")))
        {
            html.Write($"<p class=\"failed\">{warning}</p>\n");
        }

        html.Write($"<dl class=\"facts\">\n");
        html.Fact("Its end", report.Tail switch
        {
            RecoveredTail.Created => "it was created",
            RecoveredTail.Sealed => "it had been closed",
            RecoveredTail.Clean => "it had not been closed; whole to its end",
            _ => "it had not been closed; an interrupted write was cut",
        });
        if (report.CutFile is { } cut)
        {
            html.Fact("Cut", $"{cut} at {report.CutOffset}: {Shown.Bytes(report.DroppedBytes)}, "
                + Shown.Count(report.DroppedGroups, "whole group", "whole groups"));
            html.Fact("Torn, or damaged later", report.Ambiguous ? "cannot be told" : "torn");
        }

        html.Fact("Time", Shown.Duration(report.Duration));
        html.Fact("Snapshot that was loaded", report.SnapshotSequence > 0
            ? $"as of sequence {report.SnapshotSequence}"
            : "none");
        html.Fact("Replayed", Shown.Count(report.ReplayedRecords, "record", "records"));
        html.Fact("Files", $"{report.FileSystem}, {report.IoMode}, aligned to {report.Alignment}"
            + (report.IoReason is { } reason ? $" ({reason})" : ""));
        if (report.ForeignFiles.Count > 0)
        {
            html.Fact("Files of others, left alone", string.Join(", ", report.ForeignFiles));
        }

        html.Write($"</dl>\n<details><summary>Its steps</summary>\n");
        html.BeginTable("Steps of the opening", "Step", "Time");
        foreach (RecoveryStep step in report.Steps)
        {
            html.Write($"<tr><th scope=\"row\">{step.Name}</th><td>{Shown.Duration(step.Duration)}</td></tr>\n");
        }

        html.EndTable();
        html.Write($"</details>\n");
        return Task.CompletedTask;
    }
}
