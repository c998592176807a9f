using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`restore`: makes an engine, or a log, of a backup.</summary>
internal static class RestoreCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> backup = new("DIR2") { Description = "The backup; it is only read." };
        Argument<string> directory = new("DIR")
        {
            Description = "The directory that is made: missing, or empty.",
        };
        Command command = new("restore", "Makes a storage engine, or a log, of a backup, verified.")
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
                progress => RestoreAsync(
                    parsed.GetValue(backup)!,
                    parsed.GetValue(directory)!,
                    progress,
                    cancellationToken));
            BackupCommand.Describe(report).Say(io, parsed.WantsJson());
            return ExitCode.Sound;
        });
        return command;
    }

    /// <summary>The backup says what it is of, before anything is made.</summary>
    private static async Task<BackupReport> RestoreAsync(
        string backup,
        string directory,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        try
        {
            return await EmbeddedEngine.RestoreAsync(backup, directory, progress, cancellationToken);
        }
        catch (WrongStoreKindException)
        {
            return await WriteAheadLog.RestoreAsync(backup, directory, progress, cancellationToken);
        }
    }
}
