namespace LogEngine.Storage;

/// <summary>A temporary sibling of a snapshot file, open and locked.</summary>
internal sealed class SnapshotTemp : IDisposable
{
    /// <summary>How often a sweeper may get between creating and locking.</summary>
    private const int MaxAttempts = 16;

    private readonly IFileSystem _fileSystem;
    private readonly IFileLock _lock;
    private bool _renamed;

    private SnapshotTemp(IFileSystem fileSystem, string path, IStorageFile file, IFileLock held)
    {
        _fileSystem = fileSystem;
        _lock = held;
        Path = path;
        File = file;
    }

    internal string Path { get; }

    internal IStorageFile File { get; }

    internal bool IsReleased { get; private set; }

    /// <summary>Directory of a file's path; the current one where the path has none.</summary>
    internal static string DirectoryOf(string path) =>
        System.IO.Path.GetDirectoryName(path) is { Length: > 0 } directory ? directory : ".";

    internal static SnapshotTemp Create(IFileSystem fileSystem, string target)
    {
        for (int attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            string path = FileNames.NewTemp(target);
            IStorageFile? file = fileSystem.Open(path, OpenFlags.CreateNew);
            try
            {
                if (TryHold(fileSystem, file, target) is { } held)
                {
                    SnapshotTemp created = new(fileSystem, path, file, held);
                    file = null;
                    return created;
                }
            }
            finally
            {
                if (file is not null)
                {
                    file.Dispose();
                    RemoveIfPossible(fileSystem, path);
                }
            }
        }

        throw new StorageIOException(
            "lock", target, Errno.WouldBlock, "Every new temporary file was taken by others");
    }

    /// <summary>
    /// Removes what dead writers of the same target left. Best effort: a leftover costs space only.
    /// </summary>
    internal static void Sweep(IFileSystem fileSystem, string target)
    {
        string directory = DirectoryOf(target);
        string targetName = System.IO.Path.GetFileName(target);
        foreach (string name in ListIfPossible(fileSystem, directory))
        {
            if (FileNames.IsTempOf(name, targetName))
            {
                SweepOne(fileSystem, System.IO.Path.Combine(directory, name));
            }
        }
    }

    /// <summary>From here on the temporary name is gone: the file is the target.</summary>
    internal void Renamed() => _renamed = true;

    /// <summary>Closes; removes the name unless it was renamed. Idempotent, never throws.</summary>
    public void Dispose()
    {
        if (IsReleased)
        {
            return;
        }

        IsReleased = true;
        File.Dispose();
        if (!_renamed)
        {
            RemoveIfPossible(_fileSystem, Path);
        }

        // Last, so that nobody takes a file of ours for a stale one.
        _lock.Dispose();
    }

    /// <summary>
    /// Null where a sweeper was faster, between creating and locking. It may have had the lock and
    /// removed the name while this one was about to ask for it: then the lock is that of a file
    /// without a name. Once it is held no sweeper removes the name.
    /// </summary>
    private static IFileLock? TryHold(
        IFileSystem fileSystem, IStorageFile file, string target)
    {
        IFileLock? held = null;
        bool keep = false;
        try
        {
            held = fileSystem.TryLock(file.Path, LockKind.Exclusive, create: false);
            bool named = file.GetIdentity().Links > 0;
            if (held is null || !named)
            {
                return null;
            }

            // Before there is anything in it: what only some may read of the old file, others must
            // not read of this one.
            fileSystem.KeepAccess(target, file);
            keep = true;
            return held;
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            return null;
        }
        finally
        {
            if (!keep)
            {
                held?.Dispose();
            }
        }
    }

    private static IReadOnlyList<string> ListIfPossible(IFileSystem fileSystem, string directory)
    {
        try
        {
            return fileSystem.ListFiles(directory);
        }
        catch (StorageIOException)
        {
            // A directory may be writable and yet not readable.
            return [];
        }
    }

    private static void SweepOne(IFileSystem fileSystem, string path)
    {
        try
        {
            using IFileLock? held = fileSystem.TryLock(path, LockKind.Exclusive, create: false);
            if (held is not null)
            {
                fileSystem.Unlink(path);
            }
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            // Gone by now, or not ours to remove; saving does not depend on it.
        }
    }

    private static void RemoveIfPossible(IFileSystem fileSystem, string path)
    {
        try
        {
            fileSystem.Unlink(path);
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            // The error that led here matters more; the next writer of this target sweeps it.
        }
    }
}
