using System.CommandLine;
using System.Globalization;

namespace LogEngine.Cli;

/// <summary>`stat`: describes a log.</summary>
internal static class StatCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.Directory();
        Command command = new(
            "stat",
            "Describes a log, a storage engine or a backup: sequences, segments, sizes, its end.")
        {
            directory,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DirectoryStat stat = await ProgressBar.RunAsync(
                io,
                "stat",
                progress => LogDirectory.StatAsync(
                    parsed.GetValue(directory)!, progress, cancellationToken));
            return Verdict.Print(
                io,
                stat.Findings.Any(f => f.Severity == FindingSeverity.Corruption)
                    ? ExitCode.Corruption
                    : ExitCode.Sound,
                () =>
                {
                    if (parsed.WantsJson())
                    {
                        ToolJson.Write(io, stat, ToolJson.Default.DirectoryStat);
                    }
                    else
                    {
                        Print(new BufferedOutput(io.Output), stat);
                    }
                });
        });
        return command;
    }

    /// <summary>A large number of bytes in a unit that can be read at a glance.</summary>
    private static string Glance(long bytes) =>
        bytes < 1 << 20 ? "" : $" ({Text.Size(bytes)})";

    private static void Print(BufferedOutput output, DirectoryStat stat)
    {
        void Line(string name, string value) => output.WriteLine($"{name,-11} {value}");
        string writer = stat.HasWriter switch
        {
            true when LockHolder.Of(stat.Directory) is { } holder => $"yes, process {holder}",
            true => "yes",
            false => "no",
            null => "unknown",
        };
        Line("directory", stat.Directory);
        Line("kind", stat.Kind);
        Line("store", $"{stat.StoreId}");
        Line("format", $"{stat.FormatVersion}, alignment {stat.Alignment}");
        Line("writer", $"{writer}; opened {stat.OpenEpoch} times for writing");
        Line("tail", Text.Lower(stat.Tail));
        Line("sequences", $"{stat.FirstSequence} to {stat.LastSequence}");
        Line("records", $"{stat.Records}");
        Line(
            "payload",
            string.Create(
                CultureInfo.InvariantCulture,
                $"{stat.PayloadBytes} bytes of {stat.WrittenBytes} written, fill {stat.Fill:P1}"));
        Line("on disk", $"{stat.FileBytes} bytes{Glance(stat.FileBytes)}, {stat.Spares.Count} spare files");
        Line("segments", $"{stat.Segments.Count}");
        foreach (SegmentStat segment in stat.Segments)
        {
            output.WriteLine(
                $"  {segment.File}  id {segment.SegmentId}, sequences {segment.FirstSequence} to "
                + $"{segment.LastSequence}, {segment.Groups} groups, end {segment.EndOffset} of "
                + $"{segment.FileBytes} bytes");
        }

        foreach (SnapshotStat snapshot in stat.Snapshots)
        {
            Line(
                "snapshot",
                $"{snapshot.File}  of sequence {snapshot.Sequence}, {snapshot.FileBytes} bytes");
        }

        foreach (string name in stat.ForeignFiles)
        {
            Line("foreign", name);
        }

        foreach (VerifyFinding finding in stat.Findings)
        {
            output.WriteLine(Text.Of(finding));
        }

        output.Flush();
    }
}
