namespace LogEngine.AspNetCore.Dashboard;

/// <summary>What goes on beside reading and writing, of an embedded engine.</summary>
internal static class UpkeepSection
{
    internal static Task WriteAsync(Html html, View view, CancellationToken cancellationToken)
    {
        EmbeddedEngine engine = view.Embedded!;
        EmbeddedStatistics now = engine.Statistics;
        if (now.MaintenanceFailure is { } failure && view.Shown.Fault is null)
        {
            html.Write($"<p class=\"failed\">What went wrong last, and is tried again: {failure}</p>\n");
        }

        html.Write($"<dl class=\"facts\">\n");
        if (now.SnapshotSequence > 0)
        {
            html.Fact("Newest snapshot, as of sequence", now.SnapshotSequence);
        }
        else
        {
            html.Fact("Newest snapshot", "none yet");
        }

        html.Fact(
            "Written behind it, to be replayed",
            Shown.Count(Math.Max(0, engine.VisibleSequence - now.SnapshotSequence), "record", "records"));
        html.Fact("Snapshots since opening", now.SnapshotsWritten);
        html.Fact("Written by compaction", Shown.Bytes(now.RelocatedBytes));
        html.Fact("Segments freed", now.SegmentsFreed);
        html.Fact("Live share of segments", Shown.Share(now.LiveBytes, now.SegmentBytes));
        html.Write($"</dl>\n");
        return Task.CompletedTask;
    }
}
