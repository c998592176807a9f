using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`restore`: makes an engine of a backup.</summary>
internal static class RestoreCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> backup = new("DIR2") { Description = "The backup; it is only read." };
        Argument<string> directory = new("DIR")
        {
            Description = "The engine's directory: missing, or empty.",
        };
        Command command = new("restore", "Makes a storage engine of a backup, verified.")
        {
            backup, directory,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            LogPlace.Require(parsed.GetValue(backup)!, "backup");
            BackupReport report = await ProgressBar.RunAsync<BackupProgress, BackupReport>(
                io,
                "restore",
                p => (p.BytesDone, p.BytesTotal),
                progress => EmbeddedEngine.RestoreAsync(
                    parsed.GetValue(backup)!,
                    parsed.GetValue(directory)!,
                    progress,
                    cancellationToken).AsTask());
            BufferedOutput.SayDone(io, BackupCommand.Describe(report));
            return ExitCode.Sound;
        });
        return command;
    }
}
