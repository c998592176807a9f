using LogEngine.Log;
using LogEngine.Maintenance;
using LogEngine.Running;
using LogEngine.Storage;
using LogEngine.Telemetry;

namespace LogEngine.Backups;

/// <summary>Backups of an open engine: one at a time, none when it is closed.</summary>
/// <param name="engine">Whose backups they are.</param>
/// <param name="files">The file system that they go to.</param>
/// <param name="isOwnDisk">Whether the engine is on the same one.</param>
internal sealed class BackupRuns(EngineLifetime engine, IFileSystem files, bool isOwnDisk)
{
    private readonly SerialTasks _serial = new();
    private readonly CancellationTokenSource _stopping = new();

    internal Task<BackupReport> RunAsync(
        string directory,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken) => _serial.RunAsync(async () =>
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, engine);
            using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken, _stopping.Token);
            try
            {
                return await RunOneAsync(directory, progress, linked.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ObjectDisposedException(
                    nameof(StorageEngine), "The engine was closed during the backup.");
            }
        });

    /// <summary>Stops the one that is running; nothing of it is left to do on return.</summary>
    internal async Task StopAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _serial.RunAsync(() => Task.FromResult(true)).ConfigureAwait(false);
    }

    private async Task<BackupReport> RunOneAsync(
        string path, IProgress<BackupProgress>? progress, CancellationToken cancellationToken)
    {
        IScheduler scheduler = engine.Scheduler;
        await RunAsync(scheduler, () => RequireElsewhere(path), cancellationToken)
            .ConfigureAwait(false);
        Manifest store = await engine.Log.LookAsync(static manifest => manifest)
            .ConfigureAwait(false);
        using BackupDirectory target = await scheduler.Run(
            () => BackupDirectory.Open(files, path, store, engine.Reads.Time),
            cancellationToken)
            .ConfigureAwait(false);
        await RunAsync(scheduler, target.Sweep, cancellationToken).ConfigureAwait(false);
        using BackupPicture picture = await BackupPicture
            .TakeAsync(engine, engine.Log.Directory)
            .ConfigureAwait(false);
        using BackupWriter writer = await scheduler.Run(
            () => new BackupWriter(
                engine.Log.Writer.View,
                engine.Log.Directory,
                target.Files,
                picture,
                target,
                progress,
                cancellationToken),
            cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (Action step in writer.Steps())
            {
                await RunAsync(scheduler, step, cancellationToken).ConfigureAwait(false);
            }

            cancellationToken.ThrowIfCancellationRequested();
        }
        catch
        {
            writer.Undo();
            throw;
        }

        // From here on it is not stopped: what is copied becomes the backup.
        BackupReport report = await scheduler.Run(writer.Finish, CancellationToken.None)
            .ConfigureAwait(false);
        LogEvents.BackupWritten(
            engine.Logger, report.Directory, report.Sequence, report.BytesCopied, report.BytesKept);
        return report;
    }

    /// <summary>By what the path leads to, not by how it is written.</summary>
    private void RequireElsewhere(string path)
    {
        if (isOwnDisk && DirectoryPlace.LiesIn(files, path, engine.Log.Directory.GetIdentity()))
        {
            throw new ArgumentException(
                $"'{path}' is the engine's own directory, or lies in it; choose another place.");
        }
    }

    private static Task<bool> RunAsync(
        IScheduler scheduler, Action work, CancellationToken cancellationToken) => scheduler.Run(
            () =>
            {
                work();
                return true;
            },
            cancellationToken);
}
