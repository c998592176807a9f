using LogEngine.Log;
using LogEngine.Maintenance;
using LogEngine.Storage;
using LogEngine.Telemetry;

namespace LogEngine.Backups;

/// <summary>Backups of an open store: one at a time, none when it is closed.</summary>
/// <param name="store">Whose backups they are.</param>
/// <param name="files">The file system that they go to.</param>
/// <param name="isOwnDisk">Whether the store is on the same one.</param>
internal sealed class BackupRuns(BackupSource store, IFileSystem files, bool isOwnDisk)
{
    private readonly SerialTasks _serial = new();
    private readonly CancellationTokenSource _stopping = new();

    internal Task<BackupReport> RunAsync(
        string directory,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken) => _serial.RunAsync(async () =>
        {
#pragma warning disable CA1513 // By its public name, which this layer cannot refer to.
            if (_stopping.IsCancellationRequested)
            {
                throw new ObjectDisposedException(store.Owner);
            }
#pragma warning restore CA1513

            using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(
                cancellationToken, _stopping.Token);
            try
            {
                return await RunOneAsync(directory, progress, linked.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new ObjectDisposedException(
                    store.Owner, "It was closed during the backup.");
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
        IScheduler scheduler = store.Scheduler;
        await scheduler.Run(() => RequireElsewhere(path), cancellationToken)
            .ConfigureAwait(false);
        Manifest manifest = await store.Log.LookAsync(static current => current)
            .ConfigureAwait(false);
        using BackupDirectory target = await scheduler.Run(
            () => BackupDirectory.Open(files, path, manifest, store.Time),
            cancellationToken)
            .ConfigureAwait(false);
        await scheduler.Run(target.Sweep, cancellationToken).ConfigureAwait(false);
        using BackupPicture picture = await BackupPicture
            .TakeAsync(store, store.Log.Directory)
            .ConfigureAwait(false);
        using BackupWriter writer = await scheduler.Run(
            () => new BackupWriter(
                store.Log.Writer.View,
                store.Log.Directory,
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
                await scheduler.Run(step, cancellationToken).ConfigureAwait(false);
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
            store.Logger, report.Directory, report.Sequence, report.BytesCopied, report.BytesKept);
        return report;
    }

    /// <summary>By what the path leads to, not by how it is written.</summary>
    private void RequireElsewhere(string path)
    {
        if (isOwnDisk && DirectoryPlace.LiesIn(files, path, store.Log.Directory.GetIdentity()))
        {
            throw new ArgumentException(
                $"'{path}' is the store's own directory, or lies in it; choose another place.");
        }
    }
}
