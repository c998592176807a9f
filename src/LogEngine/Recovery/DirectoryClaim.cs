using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>The first step of opening for writing: the directory, held and locked.</summary>
internal static class DirectoryClaim
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits for the lock as long as the options say.</summary>
    /// <exception cref="StorageNotFoundException">There is no store, and none is to be made.</exception>
    /// <exception cref="DirectoryLockedException">Somebody else holds it.</exception>
    internal static async Task<GuardedDirectory> TakeAsync(
        LogEnvironment environment,
        string directory,
        WriteAheadLogOptions options,
        CancellationToken cancellationToken)
    {
        IFileSystem files = environment.Files;
        await environment.Scheduler
            .Run(() => EnsureDirectory(files, directory, options), cancellationToken)
            .ConfigureAwait(false);
        long begun = options.TimeProvider.GetTimestamp();
        while (true)
        {
            bool last = options.TimeProvider.GetElapsedTime(begun) >= options.LockTimeout;
            if (TryTake(files, directory, options, throwIfLost: last) is { } held)
            {
                return await OutlastFormerWriterAsync(
                    held, environment.Scheduler, directory, options, cancellationToken)
                    .ConfigureAwait(false);
            }

            if (last)
            {
                throw new DirectoryLockedException(
                    directory, "another process, or another instance in this one");
            }

            await Task.Delay(BetweenTries, options.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    /// <summary>Null where somebody else holds it, or it was replaced while it was taken.</summary>
    private static GuardedDirectory? TryTake(
        IFileSystem files, string directory, WriteAheadLogOptions options, bool throwIfLost)
    {
        try
        {
            return GuardedDirectory.TryTake(files, directory, options.TimeProvider);
        }
        catch (DirectoryLostException) when (!throwIfLost)
        {
            return null;
        }
    }

    /// <summary>
    /// A store that was not closed has no LOCK: somebody may have removed it under a writer. That
    /// one looks at it before each acknowledgement that is to last, and once a second before any;
    /// so what it has acknowledged is on disk after two.
    /// </summary>
    private static async Task<GuardedDirectory> OutlastFormerWriterAsync(
        GuardedDirectory held,
        IScheduler scheduler,
        string directory,
        WriteAheadLogOptions options,
        CancellationToken cancellationToken)
    {
        try
        {
            if (held.LockIsNew
                && new ManifestStore(held, directory).Load(forWriting: true).Newest
                    is { CleanlyClosed: false })
            {
                await scheduler.Until(Task.Delay(
                    2 * GuardedDirectory.Interval, options.TimeProvider, cancellationToken))
                    .ConfigureAwait(false);
                held.Require();
            }

            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private static bool EnsureDirectory(
        IFileSystem files, string directory, WriteAheadLogOptions options)
    {
        bool exists = files.DirectoryExists(directory);
        if (!options.CreateIfMissing
            && !(exists && files.ListFiles(directory).Any(IsManifest)))
        {
            throw new StorageNotFoundException(
                $"There is no log in '{directory}', and CreateIfMissing is false.");
        }

        if (exists)
        {
            return false;
        }

        files.CreateDirectory(directory);
        return true;
    }

    private static bool IsManifest(string name) =>
        name is FileNames.ManifestA or FileNames.ManifestB;
}
