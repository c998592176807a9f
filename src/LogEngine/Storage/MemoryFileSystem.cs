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

    /// <summary>The directories by their paths. Under the gate.</summary>
    private readonly Dictionary<string, MemoryDirectory> _directories = [];

    private ulong _lastInode;

    /// <summary>The held directory that a call is for: its path leads to it. Under the gate.</summary>
    private MemoryHeldDirectory? _within;

    /// <summary>Nothing but the root.</summary>
    internal MemoryFileSystem() => Make_NeedsLock(Path.GetPathRoot(Path.GetFullPath("."))!);

    /// <inheritdoc/>
    public bool DirectoryExists(string path)
    {
        lock (_gate)
        {
            return DirectoryExists_NeedsLock(Normal(path));
        }
    }

    /// <inheritdoc/>
    public FileIdentity? TryIdentify(string path)
    {
        lock (_gate)
        {
            string full = Normal(path);
            return Find_NeedsLock(full) is { } directory
                ? directory.Identity
                : Find_NeedsLock(Path.GetDirectoryName(full) ?? full) is { } parent
                    && parent.Names.TryGetValue(Path.GetFileName(full), out MemoryInode? inode)
                        ? inode.Identity
                        : null;
        }
    }

    /// <inheritdoc/>
    public IHeldDirectory Hold(string directory)
    {
        lock (_gate)
        {
            string full = Normal(directory);
            return new MemoryHeldDirectory(
                this, full, Directory_NeedsLock(full, "open directory", directory));
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
                Make_NeedsLock(directory);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory)
    {
        lock (_gate)
        {
            return [.. Directory_NeedsLock(Normal(directory), "list", directory).Names.Keys];
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

            return exists || Find_NeedsLock(Normal(path)) is not null
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
            if (Find_NeedsLock(Path.GetDirectoryName(full) ?? full) is not { } directory
                || !directory.Names.Remove(Path.GetFileName(full), out MemoryInode? inode))
            {
                return false;
            }

            inode.Unlinked_NeedsGate();
            return true;
        }
    }

    /// <summary>Files in memory have no mode.</summary>
    public void KeepAccess(string of, IStorageFile on) => ArgumentNullException.ThrowIfNull(on);

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
            bool isNew = !names.TryGetValue(name, out MemoryInode? inode);
            if (isNew)
            {
                inode = create
                    ? Create_NeedsLock(names, name)
                    : throw Failure("open", path, Errno.NotFound);
            }

            return inode!.TryLock_NeedsGate(kind)
                ? new MemoryFileLock(this, inode, kind, isNew)
                : null;
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

    /// <summary>Runs a call in which the path of a held directory leads to it.</summary>
    internal T Within<T>(MemoryHeldDirectory held, Func<MemoryFileSystem, T> call)
    {
        lock (_gate)
        {
            _within = held;
            try
            {
                return call(this);
            }
            finally
            {
                _within = null;
            }
        }
    }

    /// <summary>Gives a directory another path, as somebody from outside may.</summary>
    internal void MoveDirectory(string path, string to)
    {
        lock (_gate)
        {
            if (_directories.Remove(Normal(path), out MemoryDirectory? directory))
            {
                _directories.Add(Normal(to), directory);
            }
        }
    }

    /// <summary>Removes a directory and all that is in it, as somebody from outside may.</summary>
    internal void RemoveDirectory(string path)
    {
        lock (_gate)
        {
            if (_directories.Remove(Normal(path), out MemoryDirectory? directory))
            {
                foreach (MemoryInode inode in directory.Names.Values)
                {
                    inode.Unlinked_NeedsGate();
                }

                directory.Names.Clear();
            }
        }
    }

    private static string Normal(string path) =>
        Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private bool DirectoryExists_NeedsLock(string full) =>
        Find_NeedsLock(full) is not null
        || (Path.GetDirectoryName(full) is { } parent
            && Find_NeedsLock(parent) is { } directory
            && directory.Names.ContainsKey(Path.GetFileName(full))
                ? throw Failure("open directory", full, Errno.NotDirectory)
                : false);

    /// <summary>The directory that a file's name belongs into, and the name.</summary>
    private (Dictionary<string, MemoryInode> Names, string Name) Place_NeedsLock(
        string path, string operation)
    {
        string full = Normal(path);
        return (
            Directory_NeedsLock(Path.GetDirectoryName(full) ?? full, operation, path).Names,
            Path.GetFileName(full));
    }

    private MemoryDirectory Directory_NeedsLock(string full, string operation, string path) =>
        DirectoryExists_NeedsLock(full)
            ? Find_NeedsLock(full)!
            : throw Failure(operation, path, Errno.NotFound);

    private MemoryDirectory? Find_NeedsLock(string full) =>
        _within is { } held && full == held.HeldPath
            ? held.Held
            : _directories.GetValueOrDefault(full);

    private void Make_NeedsLock(string full) => _directories.Add(
        full, new MemoryDirectory(new FileIdentity(_device, ++_lastInode, 2)));

    private void RequireNoDirectory_NeedsLock(string path, string operation)
    {
        if (Find_NeedsLock(Normal(path)) is not null)
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
