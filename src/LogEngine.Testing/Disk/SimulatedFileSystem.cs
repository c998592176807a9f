using LogEngine.Storage;

namespace LogEngine.Testing.Disk;

/// <summary>
/// A disk in memory that remembers what a power loss would leave: what is durable, and every change
/// since, in order.
/// </summary>
/// <remarks>
/// Not thread-safe: a simulation runs on one thread. Every call counts as an operation and goes
/// into the trace.
/// </remarks>
internal sealed class SimulatedFileSystem : IFileSystem
{
    private readonly Dictionary<string, SimDirectory> _directories;
    private readonly Dictionary<ulong, LockState> _locks = [];
    private ulong _nextInode = 1;
    private readonly List<string> _open = [];

    /// <summary>The held directory that a call is for: its path leads to it.</summary>
    private SimulatedHeldDirectory? _within;

    /// <summary>An empty disk with one directory, the root.</summary>
    internal SimulatedFileSystem()
        : this(new Dictionary<string, SimDirectory> { [Root] = new SimDirectory() }, 1)
    {
    }

    internal SimulatedFileSystem(Dictionary<string, SimDirectory> directories, ulong nextInode)
    {
        _directories = directories;
        _nextInode = nextInode;
    }

    internal static string Root { get; } = Path.GetPathRoot(Path.GetFullPath("."))!;

    internal FaultPlan Faults { get; } = new();

    internal DiskTrace Trace { get; } = new();

    /// <summary>What the probe reports; both alignments 4096, direct writes supported.</summary>
    internal StorageFacts Facts { get; set; } = new("simulated", true, null, 4096, 4096);

    /// <summary>Pages on the whole disk.</summary>
    internal long CapacityPages { get; set; } = long.MaxValue;

    /// <summary>Most files open at once.</summary>
    internal int DescriptorLimit { get; set; } = int.MaxValue;

    /// <summary>Paths of the files open now, one for each descriptor.</summary>
    internal IReadOnlyList<string> OpenFiles => _open;

    /// <summary>Called before each operation that changes the disk.</summary>
    internal Action<SimulatedFileSystem>? BeforeChange { get; set; }

    /// <summary>Counts process lives: what was opened in an earlier one is dead.</summary>
    internal int Life { get; private set; }

    internal IReadOnlyDictionary<string, SimDirectory> Directories => _directories;

    /// <summary>
    /// The process dies: its files close, its locks go, what it wrote stays in the cache.
    /// </summary>
    internal void KillProcess()
    {
        Life++;
        _open.Clear();
        _locks.Clear();
    }

    public bool DirectoryExists(string path)
    {
        Enter(OperationKinds.Look, "look at", path);
        if (Find(path) is not null)
        {
            return true;
        }

        return TryFind(path) is null ? false : throw Failure("open directory", path, 20);
    }

    public FileIdentity? TryIdentify(string path)
    {
        Enter(OperationKinds.Look, "identify", path);
        string full = Path.GetFullPath(path);
        return Find(full) is { } directory
            ? Identity(directory)
            : TryFind(full) is { } inode ? Identity(inode) : null;
    }

    public IHeldDirectory Hold(string directory)
    {
        Enter(OperationKinds.Open, "open directory", directory);
        RequireDescriptor("open directory", directory);
        string path = Path.TrimEndingDirectorySeparator(directory);
        return new SimulatedHeldDirectory(this, path, Directory(path, "open directory"));
    }

    public void CreateDirectory(string path)
    {
        Enter(OperationKinds.CreateDirectory, "create directory", path);
        for (string? at = path; at is not null; at = Path.GetDirectoryName(at))
        {
            _directories.TryAdd(at, new SimDirectory());
        }
    }

    public IReadOnlyList<string> ListFiles(string directory)
    {
        Enter(OperationKinds.List, "list", directory);
        RequireDescriptor("list", directory);
        return [.. Directory(directory, "list").Names.Keys];
    }

    public IStorageFile Open(string path, OpenFlags flags)
    {
        bool create = (flags & OpenFlags.CreateNew) == OpenFlags.CreateNew;
        Enter(create ? OperationKinds.Create : OperationKinds.Open, "open", path);
        RequireDescriptor("open", path);
        SimDirectory directory = DirectoryOf(path, "open");
        SimInode? inode = TryFind(path);
        if (create)
        {
            inode = inode is null
                ? Create(directory, path)
                : throw Failure("open", path, Errno.Exists);
        }

        SimulatedFile file = new(
            this,
            inode ?? throw Failure("open", path, Errno.NotFound),
            path,
            flags);
        _open.Add(path);
        return file;
    }

    public void Rename(string source, string target)
    {
        Enter(OperationKinds.Rename, "rename", source);
        SimInode inode = TryFind(source) ?? throw Failure("rename", source, Errno.NotFound);
        DirectoryOf(source, "rename").Change(new DirectoryChange(
            Trace.Operations, Path.GetFileName(source), Path.GetFileName(target), inode));
    }

    public bool Unlink(string path)
    {
        Enter(OperationKinds.Unlink, "unlink", path);
        if (TryFind(path) is null)
        {
            return false;
        }

        DirectoryOf(path, "unlink").Change(new DirectoryChange(
            Trace.Operations, Path.GetFileName(path), null, null));
        return true;
    }

    public void KeepAccess(string of, IStorageFile on) => ArgumentNullException.ThrowIfNull(on);

    public void SyncDirectory(string path)
    {
        PlannedFault? lie = Enter(OperationKinds.SyncDirectory, "sync directory", path);
        RequireDescriptor("sync directory", path);
        if (lie is null)
        {
            Directory(path, "sync directory").Sync();
        }
    }

    public IFileLock? TryLock(string path, LockKind kind, bool create)
    {
        Enter(OperationKinds.Lock, "lock", path);
        RequireDescriptor("lock", path);
        SimDirectory directory = DirectoryOf(path, "lock");
        SimInode? inode = TryFind(path);
        bool isNew = inode is null;
        inode ??= create
            ? Create(directory, path)
            : throw Failure("open", path, Errno.NotFound);

        if (!_locks.TryGetValue(inode.Id, out LockState? state))
        {
            _locks.Add(inode.Id, state = new LockState());
        }

        return state.TryTake(kind == LockKind.Exclusive)
            ? new SimulatedLock(this, state, kind, inode, isNew)
            : null;
    }

    public bool? IsLockedExclusively(string path)
    {
        Enter(OperationKinds.Look, "query lock", path);
        SimInode inode = TryFind(path) ?? throw Failure("open", path, Errno.NotFound);
        return _locks.TryGetValue(inode.Id, out LockState? state) && state.IsExclusive;
    }

    public StorageFacts Probe(string directory, bool tryDirect)
    {
        Enter(OperationKinds.Look, "probe", directory);
        return tryDirect ? Facts : Facts with { DirectSupported = false };
    }

    internal FileIdentity Identity(SimInode inode)
    {
        ulong links = 0;
        foreach (SimDirectory directory in _directories.Values)
        {
            foreach (SimInode named in directory.Names.Values)
            {
                links += named.Id == inode.Id ? 1u : 0u;
            }
        }

        return new FileIdentity(1, inode.Id, links);
    }

    /// <summary>On another device than files, whose numbers are their own.</summary>
    internal static FileIdentity Identity(SimDirectory directory) => new(2, directory.Id, 2);

    /// <summary>Runs a call in which the path of a held directory leads to it.</summary>
    internal T Within<T>(SimulatedHeldDirectory held, Func<SimulatedFileSystem, T> call)
    {
        SimulatedHeldDirectory? before = _within;
        _within = held;
        try
        {
            return call(this);
        }
        finally
        {
            _within = before;
        }
    }

    /// <summary>
    /// Somebody from outside takes a hand in it, in the middle of a call or between two: what he
    /// does is done at once and lasts, and paths are his.
    /// </summary>
    internal void FromOutside(Action<SimulatedFileSystem> act)
    {
        SimulatedHeldDirectory? before = _within;
        Action<SimulatedFileSystem>? hook = BeforeChange;
        _within = null;
        BeforeChange = null;
        try
        {
            act(this);
        }
        finally
        {
            _within = before;
            BeforeChange = hook;
        }
    }

    /// <summary>Gives a directory another path.</summary>
    internal void MoveDirectory(string path, string to)
    {
        SimDirectory directory = Directory(path, "move");
        _directories.Remove(path);
        _directories.Add(to, directory);
    }

    /// <summary>Removes a directory and all that is in it.</summary>
    internal void RemoveDirectory(string path)
    {
        Directory(path, "remove").Clear();
        _directories.Remove(path);
    }

    /// <summary>Copies a directory as a process reads it, each file to a new one.</summary>
    internal void CopyDirectory(string path, string to)
    {
        SimDirectory copy = new();
        foreach ((string name, SimInode inode) in Directory(path, "copy").Names)
        {
            copy.Change(new DirectoryChange(
                Trace.Operations, null, name, SimInode.Of(_nextInode++, inode.Cached.Clone())));
        }

        copy.Sync();
        _directories.Add(to, copy);
    }

    /// <summary>The file of a name, or null.</summary>
    internal SimInode? TryFind(string path) =>
        Find(Path.GetDirectoryName(path) ?? Root) is { } directory
        && directory.Names.TryGetValue(Path.GetFileName(path), out SimInode? inode)
            ? inode
            : null;

    internal DiskSnapshot Snapshot() => new(
        Trace.Operations,
        _directories.ToDictionary(d => d.Key, d => d.Value.Snapshot()),
        _directories.Values.SelectMany(d => d.Inodes()).Distinct()
            .ToDictionary(i => i.Id, i => i.Snapshot()));

    /// <summary>
    /// Counts an operation and lets the planned fault strike; a fault that lies is returned
    /// instead.
    /// </summary>
    internal PlannedFault? Enter(
        OperationKinds kind, string operation, string path, long offset = 0, long length = 0)
    {
        if ((kind & OperationKinds.Changes) != 0)
        {
            BeforeChange?.Invoke(this);
        }

        Trace.Note(operation, path, offset, length);
        PlannedFault? fault = Faults.Next(kind, path);
        if (fault is { Lies: true }
            || (kind & (OperationKinds.Write | OperationKinds.DataSync)) != 0)
        {
            return fault;
        }

        return fault is null ? null : throw Failure(operation, path, fault.ErrorNumber);
    }

    internal Exception Failure(string operation, string path, int errorNumber)
    {
        Trace.NoteFailure(errorNumber);
        return Errno.ToException(operation, path, errorNumber, "Simulated");
    }

    /// <summary>Free pages; costs a look at every file.</summary>
    internal long FreePages() => CapacityPages == long.MaxValue
        ? long.MaxValue
        : CapacityPages - UsedPages();

    /// <summary>Pages of all files.</summary>
    internal long UsedPages() => _directories.Values.SelectMany(d => d.Names.Values).Distinct()
        .Sum(i => (long)i.AllocatedPages);

    internal void NoteClosed(string path, int life)
    {
        if (life == Life)
        {
            _open.Remove(path);
        }
    }

    /// <summary>Directories and lock files are opened too, as on a real system.</summary>
    private void RequireDescriptor(string operation, string path)
    {
        if (_open.Count >= DescriptorLimit)
        {
            throw Failure(operation, path, Errno.TooManyFiles);
        }
    }

    private SimInode Create(SimDirectory directory, string path)
    {
        SimInode inode = new(_nextInode++);
        directory.Change(new DirectoryChange(
            Trace.Operations, null, Path.GetFileName(path), inode));
        return inode;
    }

    private SimDirectory DirectoryOf(string path, string operation) =>
        Directory(Path.GetDirectoryName(path) ?? Root, operation);

    private SimDirectory Directory(string path, string operation) =>
        Find(path) ?? throw Failure(operation, path, Errno.NotFound);

    private SimDirectory? Find(string path) =>
        _within is { } held && path == held.HeldPath
            ? held.Held
            : _directories.GetValueOrDefault(path);
}
