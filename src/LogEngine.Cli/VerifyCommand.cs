using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`verify`: reads every byte and says what is wrong.</summary>
internal static class VerifyCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.Directory();
        Command command = new(
            "verify", "Verifies every byte of a log. Read-only, also beside a writer.")
        {
            directory,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            VerifyReport report = await ProgressBar.RunAsync(
                io,
                "verify",
                progress => LogDirectory.VerifyAsync(
                    parsed.GetValue(directory)!, progress, cancellationToken));
            return Verdict.Print(
                io,
                report.IsSound ? ExitCode.Sound : ExitCode.Corruption,
                () =>
                {
                    if (parsed.WantsJson())
                    {
                        ToolJson.Write(io, report, ToolJson.Default.VerifyReport);
                    }
                    else
                    {
                        Print(new BufferedOutput(io.Output), report);
                    }
                });
        });
        return command;
    }

    private static void Print(BufferedOutput output, VerifyReport report)
    {
        foreach (VerifyFinding finding in report.Findings)
        {
            output.WriteLine(Text.Of(finding));
        }

        string verdict = report.IsSound ? "sound" : "DAMAGED";
        string beside = report.BesideWriter ? " beside a writer, up to the highest mark" : "";
        output.WriteLine(
            $"{verdict}: {report.Records} records in {report.Groups} groups of {report.Segments} "
            + $"segments, {report.BytesVerified} bytes verified, tail {Text.Lower(report.Tail)}"
            + beside);
        output.Flush();
    }
}
