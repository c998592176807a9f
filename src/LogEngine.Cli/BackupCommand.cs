using System.CommandLine;

namespace LogEngine.Cli;

/// <summary>`backup`: copies an engine, or a log, into a directory of its own.</summary>
internal static class BackupCommand
{
    internal static Command Create(ToolIO io)
    {
        Argument<string> directory = Arguments.StoreDirectory();
        Argument<string> to = new("DIR2")
        {
            Description = "The backup: missing, empty, or an older backup of the same store, to "
                + "which only what is new is copied.",
        };
        Command command = new(
            "backup", "Backs a storage engine or a log up, verified. Takes the lock while it runs.")
        {
            directory, to,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            io, parsed.GetValue(directory)!, parsed.GetValue(to)!, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io, string directory, string to, CancellationToken cancellationToken)
    {
        EmbeddedEngine engine;
        try
        {
            engine = await EnginePlace.OpenDirectoryAsync(directory, cancellationToken);
        }
        catch (WrongStoreKindException)
        {
            // It says of itself what it is; what is neither is refused here.
            await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
                directory, new WriteAheadLogOptions { CreateIfMissing = false }, cancellationToken);
            string line = Describe(await TellAsync(
                io, progress => log.BackupAsync(to, progress, cancellationToken)));
            await log.CloseAsync();
            BufferedOutput.SayDone(io, line);
            return ExitCode.Sound;
        }

        return await EnginePlace.ChangeAsync(
            io,
            ValueTask.FromResult(engine),
            async open => Describe(await TellAsync(
                io, progress => open.BackupAsync(to, progress, cancellationToken))));
    }

    private static Task<BackupReport> TellAsync(
        ToolIO io, Func<IProgress<BackupProgress>?, ValueTask<BackupReport>> run) =>
        ProgressBar.RunAsync<BackupProgress, BackupReport>(
            io, "backup", p => (p.BytesDone, p.BytesTotal), progress => run(progress).AsTask());

    /// <summary>What a backup or a restore did, in one line.</summary>
    internal static string Describe(BackupReport report) =>
        $"sequences to {report.Sequence} in {report.Segments} segments and "
        + $"{report.Snapshots} snapshots; {report.BytesCopied} bytes copied, "
        + $"{report.BytesKept} were there";
}
