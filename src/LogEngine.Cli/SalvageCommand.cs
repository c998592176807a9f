using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`salvage`: copies what is readable into a new log.</summary>
internal static class SalvageCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.Directory();
        Option<string> to = new("--to")
        {
            Description = "Directory of the new log or engine: missing, or empty.",
            Required = true,
        };
        Command command = new(
            "salvage",
            "Copies every readable record into a new log, or every readable value of a storage "
            + "engine into a new one; changes nothing in DIR.")
        {
            directory, to,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            SalvageReport report = await ProgressBar.RunAsync(
                io,
                "salvage",
                progress => LogDirectory.SalvageAsync(
                    parsed.GetValue(directory)!,
                    parsed.GetValue(to)!,
                    progress,
                    cancellationToken));
            return Verdict.Print(
                io,
                report.Gaps.Count + report.LostValues.Count == 0
                    ? ExitCode.Sound
                    : ExitCode.Corruption,
                () =>
                {
                    if (parsed.WantsJson())
                    {
                        ToolJson.Write(io, report, ToolJson.Default.SalvageReport);
                    }
                    else
                    {
                        Print(new BufferedOutput(io.Output), report);
                    }
                });
        });
        return command;
    }

    private static void Print(BufferedOutput output, SalvageReport report)
    {
        foreach (VerifyFinding finding in report.Findings)
        {
            output.WriteLine(Text.Of(finding));
        }

        foreach (SalvagedRange range in report.Ranges)
        {
            output.WriteLine(
                $"copied      {range.Source.First} to {range.Source.Last} as {range.Target.First} "
                + $"to {range.Target.Last}");
        }

        foreach (SalvageGap gap in report.Gaps)
        {
            string place = gap.Offset < 0 ? gap.Path : $"{gap.Path} @{gap.Offset}";
            output.WriteLine(
                $"lost        {gap.FirstSequence} to {gap.LastSequence}: {place}: {gap.Reason}");
        }

        foreach (LostValue value in report.LostValues)
        {
            output.WriteLine(
                $"lost        keyspace '{value.Keyspace}' key {Text.OfKey(value.Key.Span)} version "
                + $"{value.Version}: {value.Reason}");
        }

        long lost = report.Gaps.Sum(g => g.LastSequence - g.FirstSequence + 1);
        output.WriteLine(
            $"{report.Records} records, {report.PayloadBytes} bytes copied to '{report.Target}'; "
            + $"{lost} records lost"
            + (report.LostValues.Count == 0 ? "" : $", {report.LostValues.Count} values lost"));
        output.Flush();
    }
}
