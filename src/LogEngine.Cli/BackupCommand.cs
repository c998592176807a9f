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
        command.SetAction((parsed, cancellationToken) => EnginePlace.ChangeAsync(
            io,
            EnginePlace.OpenAsync(parsed.GetValue(directory)!, cancellationToken),
            async engine => Describe(await ProgressBar.RunAsync<BackupProgress, BackupReport>(
                io,
                "backup",
                p => (p.BytesDone, p.BytesTotal),
                progress => engine.BackupAsync(parsed.GetValue(to)!, progress, cancellationToken)
                    .AsTask()))));
        return command;
    }

    /// <summary>What a backup or a restore did, in one line.</summary>
    internal static string Describe(BackupReport report) =>
        $"sequences to {report.Sequence} in {report.Segments} segments and "
        + $"{report.Snapshots} snapshots; {report.BytesCopied} bytes copied, "
        + $"{report.BytesKept} were there";
}
