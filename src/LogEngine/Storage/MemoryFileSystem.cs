namespace LogEngine.Storage;

/// <summary>
/// Files in the memory of this process: everything of a disk but that it lasts. Syncs are nothing,
/// and whoever drops the last reference to it has deleted it.
/// </summary>
/// <remarks>
/// One lock guards names and file locks, held for a few instructions; the bytes of a file are
/// guarded by the file (<see cref="MemoryInode"/>). Errors are those of a real disk, except that it
/// is never full: memory that runs out is an <see cref="OutOfMemoryException"/>.
/// </remarks>
internal sealed class MemoryFileSystem : IFileSystem
{
    private const int BlockBytes = 4096;

    /// <summary>Tells files of two instances apart.</summary>
    private static ulong _devices;

    private readonly ulong _device = Interlocked.Increment(ref _devices);
    private readonly Lock _gate = new();

    /// <summary>The files of each directory by their names. Under the gate.</summary>
    private readonly Dictionary<string, Dictionary<string, MemoryInode>> _directories = new()
    {
        [Path.GetPathRoot(Path.GetFullPath("."))!] = [],
    };

    private ulong _lastInode;

    /// <inheritdoc/>
    public bool DirectoryExists(string path)
    {
        lock (_gate)
        {
            return DirectoryExists_NeedsLock(Normal(path));
        }
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        lock (_gate)
        {
            // Upwards first: nothing is made where a file is in the way of it.
            Stack<string> missing = [];
            for (string? at = Normal(path); at is not null; at = Path.GetDirectoryName(at))
            {
                if (!DirectoryExists_NeedsLock(at))
                {
                    missing.Push(at);
                }
            }

            foreach (string directory in missing)
            {
                _directories.Add(directory, []);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory)
    {
        lock (_gate)
        {
            return [.. Directory_NeedsLock(Normal(directory), "list", directory).Keys];
        }
    }

    /// <inheritdoc/>
    public IStorageFile Open(string path, OpenFlags flags)
    {
        // As a file system that has no direct mode; the probe has said so.
        if (flags.HasFlag(OpenFlags.Direct))
        {
            throw Failure("open", path, Errno.Invalid);
        }

        lock (_gate)
        {
            (Dictionary<string, MemoryInode> names, string name) = Place_NeedsLock(path, "open");
            bool exists = names.TryGetValue(name, out MemoryInode? inode);
            if (!flags.HasFlag(OpenFlags.CreateNew))
            {
                return exists
                    ? new MemoryFile(inode!, path, flags.HasFlag(OpenFlags.Write))
                    : throw Failure("open", path, Errno.NotFound);
            }

            return exists || _directories.ContainsKey(Normal(path))
                ? throw Failure("open", path, Errno.Exists)
                : new MemoryFile(Create_NeedsLock(names, name), path, writable: true);
        }
    }

    /// <inheritdoc/>
    public void Rename(string source, string target)
    {
        lock (_gate)
        {
            (Dictionary<string, MemoryInode> from, string oldName) =
                Place_NeedsLock(source, "rename");
            (Dictionary<string, MemoryInode> to, string newName) =
                Place_NeedsLock(target, "rename");
            if (!from.TryGetValue(oldName, out MemoryInode? inode))
            {
                throw Failure("rename", source, Errno.NotFound);
            }

            RequireNoDirectory_NeedsLock(target, "rename");
            if (to.TryGetValue(newName, out MemoryInode? replaced) && replaced != inode)
            {
                replaced.Unlinked_NeedsGate();
            }

            from.Remove(oldName);
            to[newName] = inode;
        }
    }

    /// <inheritdoc/>
    public bool Unlink(string path)
    {
        lock (_gate)
        {
            RequireNoDirectory_NeedsLock(path, "unlink");
            string full = Normal(path);
            if (!_directories.TryGetValue(Path.GetDirectoryName(full) ?? full, out var names)
                || !names.Remove(Path.GetFileName(full), out MemoryInode? inode))
            {
                return false;
            }

            inode.Unlinked_NeedsGate();
            return true;
        }
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        lock (_gate)
        {
            _ = Directory_NeedsLock(Normal(path), "sync directory", path);
        }
    }

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create)
    {
        lock (_gate)
        {
            (Dictionary<string, MemoryInode> names, string name) = Place_NeedsLock(path, "open");
            if (!names.TryGetValue(name, out MemoryInode? inode))
            {
                inode = create
                    ? Create_NeedsLock(names, name)
                    : throw Failure("open", path, Errno.NotFound);
            }

            return inode.TryLock_NeedsGate(kind) ? new MemoryFileLock(this, inode, kind) : null;
        }
    }

    /// <inheritdoc/>
    public bool? IsLockedExclusively(string path)
    {
        lock (_gate)
        {
            (Dictionary<string, MemoryInode> names, string name) = Place_NeedsLock(path, "open");
            return names.TryGetValue(name, out MemoryInode? inode)
                ? inode.IsLockedExclusively
                : throw Failure("open", path, Errno.NotFound);
        }
    }

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect)
    {
        lock (_gate)
        {
            _ = Directory_NeedsLock(Normal(directory), "probe", directory);
        }

        string? reason = tryDirect ? "files in memory have no direct mode" : null;
        return new StorageFacts("memory", false, reason, BlockBytes, BlockBytes);
    }

    /// <summary>The exception for an error number, worded as the system would.</summary>
    internal static Exception Failure(string operation, string path, int error) =>
        Errno.ToException(operation, path, error, error switch
        {
            Errno.NotFound => "No such file or directory",
            Errno.BadDescriptor => "The file is open for reading only",
            Errno.Exists => "File exists",
            Errno.NotDirectory => "Not a directory",
            Errno.IsDirectory => "Is a directory",
            Errno.FileTooBig => "File too large",
            _ => "Invalid argument",
        });

    /// <summary>Gives a lock back.</summary>
    internal void Release(MemoryInode inode, LockKind kind)
    {
        lock (_gate)
        {
            inode.Unlock_NeedsGate(kind);
        }
    }

    private static string Normal(string path) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private bool DirectoryExists_NeedsLock(string full) =>
        _directories.ContainsKey(full)
        || (Path.GetDirectoryName(full) is { } parent
            && _directories.TryGetValue(parent, out var names)
            && names.ContainsKey(Path.GetFileName(full))
                ? throw Failure("open directory", full, Errno.NotDirectory)
                : false);

    /// <summary>The directory that a file's name belongs into, and the name.</summary>
    private (Dictionary<string, MemoryInode> Names, string Name) Place_NeedsLock(
        string path, string operation)
    {
        string full = Normal(path);
        return (
            Directory_NeedsLock(Path.GetDirectoryName(full) ?? full, operation, path),
            Path.GetFileName(full));
    }

    private Dictionary<string, MemoryInode> Directory_NeedsLock(
        string full, string operation, string path) =>
        DirectoryExists_NeedsLock(full)
            ? _directories[full]
            : throw Failure(operation, path, Errno.NotFound);

    private void RequireNoDirectory_NeedsLock(string path, string operation)
    {
        if (_directories.ContainsKey(Normal(path)))
        {
            throw Failure(operation, path, Errno.IsDirectory);
        }
    }

    private MemoryInode Create_NeedsLock(Dictionary<string, MemoryInode> names, string name)
    {
        MemoryInode inode = new(new FileIdentity(_device, ++_lastInode, 1));
        names.Add(name, inode);
        return inode;
    }
}
