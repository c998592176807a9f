using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`backup`: copies an engine into a directory of its own.</summary>
internal static class BackupCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.EngineDirectory();
        Argument<string> to = new("DIR2")
        {
            Description = "The backup: missing, empty, or an older backup of the same engine, to "
                + "which only what is new is copied.",
        };
        Command command = new(
            "backup", "Backs a storage engine up, verified. Takes the lock while it runs.")
        {
            directory, to,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            io, parsed.GetValue(directory)!, parsed.GetValue(to)!, cancellationToken));
        return command;
    }

    /// <summary>What a backup or a restore did, in one line.</summary>
    internal static void Print(ToolIO io, BackupReport report)
    {
        BufferedOutput output = new(io.Output);
        output.WriteLine(
            $"sequences to {report.Sequence} in {report.Segments} segments and "
            + $"{report.Snapshots} snapshots; {report.BytesCopied} bytes copied, "
            + $"{report.BytesKept} were there");
        output.Flush();
    }

    private static async Task<int> RunAsync(
        ToolIO io, string directory, string to, CancellationToken cancellationToken)
    {
        await using StorageEngine engine = await EnginePlace.OpenAsync(
            directory, cancellationToken);
        BackupReport report = await ProgressBar.RunAsync<BackupProgress, BackupReport>(
            io,
            "backup",
            p => (p.BytesDone, p.BytesTotal),
            progress => engine.BackupAsync(to, progress, cancellationToken).AsTask());
        await engine.CloseAsync();
        Print(io, report);
        return ExitCode.Sound;
    }
}
