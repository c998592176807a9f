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
            io,
            parsed.WantsJson(),
            parsed.GetValue(directory)!,
            parsed.GetValue(to)!,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        ToolIO io, bool asJson, string directory, string to, CancellationToken cancellationToken)
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
            Outcome outcome = Describe(await TellAsync(
                io, progress => log.BackupAsync(to, progress, cancellationToken)));
            await log.CloseAsync();
            outcome.Say(io, asJson);
            return ExitCode.Sound;
        }

        return await EnginePlace.ChangeAsync(
            io,
            asJson,
            ValueTask.FromResult(engine),
            async open => Describe(await TellAsync(
                io, progress => open.BackupAsync(to, progress, cancellationToken))));
    }

    private static Task<BackupReport> TellAsync(
        ToolIO io, Func<IProgress<BackupProgress>?, ValueTask<BackupReport>> run) =>
        ProgressBar.RunAsync<BackupProgress, BackupReport>(
            io, "backup", p => (p.BytesDone, p.BytesTotal), progress => run(progress).AsTask());

    /// <summary>What a backup or a restore did.</summary>
    internal static Outcome Describe(BackupReport report) => new(
        $"sequences to {report.Sequence} in {report.Segments} segments and "
        + $"{report.Snapshots} snapshots; {report.BytesCopied} bytes copied, "
        + $"{report.BytesKept} were there",
        ("sequence", report.Sequence),
        ("segments", report.Segments),
        ("snapshots", report.Snapshots),
        ("bytesCopied", report.BytesCopied),
        ("bytesKept", report.BytesKept));
}
