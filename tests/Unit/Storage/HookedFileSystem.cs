using LogEngine.Storage;

namespace LogEngine.Unit.Storage;

/// <summary>
/// The real file system, or another one, with a journal; any operation of it can be failed.
/// </summary>
internal sealed class HookedFileSystem(IFileSystem? inner = null) : IFileSystem
{
    private readonly IFileSystem _real = inner ?? RealFileSystem.Instance;
    private readonly List<string> _journal = [];
    private int _openFiles;
    private int _heldLocks;

    /// <summary>Operations in order, each with the file's or directory's name.</summary>
    internal List<string> Journal
    {
        get
        {
            lock (_journal)
            {
                return [.. _journal];
            }
        }
    }

    /// <summary>Files that are open now.</summary>
    internal int OpenFiles => Volatile.Read(ref _openFiles);

    /// <summary>Locks that are held now.</summary>
    internal int HeldLocks => Volatile.Read(ref _heldLocks);

    /// <summary>
    /// What it says of itself in place of the other one. Where it claims direct I/O, files are opened
    /// as if there were, and the journal says which.
    /// </summary>
    internal StorageFacts? Facts { get; init; }

    /// <summary>The operation that fails, each time; null for none.</summary>
    internal string? FailOn { get; set; }

    /// <summary>Runs before each operation.</summary>
    internal Action<string, string>? Before { get; set; }

    public bool DirectoryExists(string path) => _real.DirectoryExists(path);

    public FileIdentity? TryIdentify(string path) => _real.TryIdentify(path);

    /// <summary>By its path, so that every call of it is one of this file system.</summary>
    public IHeldDirectory Hold(string directory) => new DirectoryByPath(this, directory, null);

    public void KeepAccess(string of, IStorageFile on) =>
        _real.KeepAccess(of, ((HookedFile)on).Real);

    public void CreateDirectory(string path)
    {
        Enter("mkdir", path);
        _real.CreateDirectory(path);
    }

    public IReadOnlyList<string> ListFiles(string directory)
    {
        Enter("list", directory);
        return _real.ListFiles(directory);
    }

    public IStorageFile Open(string path, OpenFlags flags)
    {
        Enter(flags.HasFlag(OpenFlags.CreateNew) ? "create" : "open", path);
        bool direct = flags.HasFlag(OpenFlags.Direct) && Facts is { DirectSupported: true };
        if (direct)
        {
            Note("direct", path);
            flags &= ~OpenFlags.Direct;
        }

        HookedFile file = new(this, _real.Open(path, flags), direct);
        Interlocked.Increment(ref _openFiles);
        return file;
    }

    public void Rename(string source, string target)
    {
        Enter("rename", target);
        _real.Rename(source, target);
    }

    public bool Unlink(string path)
    {
        Enter("unlink", path);
        return _real.Unlink(path);
    }

    public void SyncDirectory(string path)
    {
        Enter("sync directory", path);
        _real.SyncDirectory(path);
    }

    public IFileLock? TryLock(string path, LockKind kind, bool create)
    {
        Enter("lock", path);
        IFileLock? held = _real.TryLock(path, kind, create);
        if (held is null)
        {
            return null;
        }

        Interlocked.Increment(ref _heldLocks);
        return new HookedLock(this, held);
    }

    public bool? IsLockedExclusively(string path) => _real.IsLockedExclusively(path);

    public StorageFacts Probe(string directory, bool tryDirect)
    {
        Note(tryDirect ? "probe direct" : "probe", directory);
        return Facts ?? _real.Probe(directory, tryDirect);
    }

    internal void ClearJournal()
    {
        lock (_journal)
        {
            _journal.Clear();
        }
    }

    private void Note(string operation, string path)
    {
        lock (_journal)
        {
            _journal.Add($"{operation} {Path.GetFileName(path)}");
        }
    }

    private void Enter(string operation, string path)
    {
        Note(operation, path);
        Before?.Invoke(operation, path);
        if (operation == FailOn)
        {
            throw new StorageIOException(operation, path, Errno.Io, "injected");
        }
    }

    private sealed class HookedLock(HookedFileSystem owner, IFileLock real) : IFileLock
    {
        private int _released;

        public bool IsNew => real.IsNew;

        public FileIdentity GetIdentity() => real.GetIdentity();

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _released, 1) == 0)
            {
                real.Dispose();
                Interlocked.Decrement(ref owner._heldLocks);
            }
        }
    }

    private sealed class HookedFile(HookedFileSystem owner, IStorageFile real, bool direct)
        : IStorageFile
    {
        private int _closed;

        public string Path => real.Path;

        internal IStorageFile Real => real;

        public bool IsDirect => direct || real.IsDirect;

        public FileIdentity GetIdentity()
        {
            owner.Before?.Invoke("identify", Path);
            return real.GetIdentity();
        }

        public long GetLength() => real.GetLength();

        public int Read(Span<byte> buffer, long offset)
        {
            owner.Enter("read", Path);
            return real.Read(buffer, offset);
        }

        public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync)
        {
            owner.Enter("write", Path);
            real.Write(bytes, offset, dataSync);
        }

        public void DataSync()
        {
            owner.Enter("sync", Path);
            real.DataSync();
        }

        public void SetLength(long length) => real.SetLength(length);

        public bool Allocate(long offset, long length) => real.Allocate(offset, length);

        public void DropCache()
        {
            owner.Note("drop", Path);
            real.DropCache();
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _closed, 1) == 0)
            {
                real.Dispose();
                Interlocked.Decrement(ref owner._openFiles);
            }
        }
    }
}
