namespace LogEngine.Storage;

/// <summary>
/// A directory that is open for writing: held, locked, and looked after. Whether it is still the one
/// at its path, with the LOCK that is held in it, is asked before anything that another writer could
/// be harmed by. The argument is in docs/durability.md, 'The directory'.
/// </summary>
/// <remarks>
/// Thread-safe. A loss is final: it is found once, and everything that changes a name or is to be
/// acknowledged fails with it from then on.
/// </remarks>
internal sealed class GuardedDirectory : IFileSystem, IDisposable
{
    /// <summary>What is acknowledged was looked after no longer ago than that.</summary>
    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly IHeldDirectory _held;
    private readonly IFileLock _lock;
    private readonly string _lockPath;
    private readonly TimeProvider _time;

    /// <summary>Timestamp at which the last look that found everything right began.</summary>
    private long _lookedAt;

    /// <summary>Names of LOCK at that look; one that is removed changes it.</summary>
    private ulong _links;

    private volatile DirectoryLostException? _lost;

    private GuardedDirectory(
        IHeldDirectory held, IFileLock heldLock, string lockPath, TimeProvider time)
    {
        _held = held;
        _lock = heldLock;
        _lockPath = lockPath;
        _time = time;
    }

    /// <summary>Whether LOCK was not there before.</summary>
    internal bool LockIsNew => _lock.IsNew;

    /// <summary>
    /// Locks a directory that exists; null where somebody else holds it. What is returned is the
    /// directory at that path at a moment after its LOCK was taken.
    /// </summary>
    /// <exception cref="DirectoryLostException">It was taken away meanwhile; look again.</exception>
    internal static GuardedDirectory? TryTake(IFileSystem files, string path, TimeProvider time)
    {
        string lockPath = Path.Combine(path, FileNames.Lock);
        IHeldDirectory? held = files.Hold(path);
        IFileLock? taken = null;
        try
        {
            taken = held.TryLock(lockPath, LockKind.Exclusive, create: true);
            if (taken is null)
            {
                return null;
            }

            GuardedDirectory guarded = new(held, taken, lockPath, time);
            guarded.Require();
            held = null;
            taken = null;
            return guarded;
        }
        finally
        {
            taken?.Dispose();
            held?.Dispose();
        }
    }

    /// <summary>Looks now.</summary>
    /// <exception cref="DirectoryLostException">It is not this one's any more.</exception>
    internal void Require()
    {
        if (_lost is { } lost)
        {
            throw new DirectoryLostException(lost);
        }

        long begun = _time.GetTimestamp();
        FileIdentity own = _lock.GetIdentity();
        if (FindLoss(own) is { } reason)
        {
            _lost = new DirectoryLostException(_held.HeldPath, reason, Errno.Stale);
            throw new DirectoryLostException(_lost);
        }

        Volatile.Write(ref _links, own.Links);
        Volatile.Write(ref _lookedAt, begun);
    }

    /// <summary>Looks if the last look is a second old.</summary>
    /// <exception cref="DirectoryLostException">It is not this one's any more.</exception>
    internal void RequireLately()
    {
        if (_lost is not null
            || _time.GetElapsedTime(Volatile.Read(ref _lookedAt)) >= Interval)
        {
            Require();
        }
    }

    /// <summary>
    /// The same, and looks too where LOCK has lost or got a name since: one call on the open file.
    /// </summary>
    /// <exception cref="DirectoryLostException">It is not this one's any more.</exception>
    internal void RequireLocked()
    {
        RequireLately();
        if (_lock.GetIdentity().Links != Volatile.Read(ref _links))
        {
            Require();
        }
    }

    /// <summary>Keeps the directory open, not locked, for who reads on after it was closed.</summary>
    internal IDisposable Share() => _held.Share();

    /// <summary>Makes the directory's own name durable.</summary>
    internal void SyncParent() => _held.SyncParent();

    /// <summary>What is held: whatever path led here, it is the same.</summary>
    internal FileIdentity GetIdentity() => _held.GetIdentity();

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => _held.DirectoryExists(path);

    /// <inheritdoc/>
    public FileIdentity? TryIdentify(string path) => _held.TryIdentify(path);

    /// <inheritdoc/>
    public IHeldDirectory Hold(string directory) => _held.Hold(directory);

    /// <inheritdoc/>
    public void CreateDirectory(string path) => _held.CreateDirectory(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory) => _held.ListFiles(directory);

    /// <inheritdoc/>
    public IStorageFile Open(string path, OpenFlags flags)
    {
        if ((flags & OpenFlags.CreateNew) == OpenFlags.CreateNew)
        {
            Require();
        }

        return Do(() => _held.Open(path, flags));
    }

    /// <inheritdoc/>
    public void Rename(string source, string target)
    {
        Require();
        Do(() =>
        {
            _held.Rename(source, target);
            return true;
        });
    }

    /// <inheritdoc/>
    public bool Unlink(string path)
    {
        Require();
        return Do(() => _held.Unlink(path));
    }

    /// <inheritdoc/>
    public void KeepAccess(string of, IStorageFile on) => _held.KeepAccess(of, on);

    /// <inheritdoc/>
    public void SyncDirectory(string path) => _held.SyncDirectory(path);

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        _held.TryLock(path, kind, create);

    /// <inheritdoc/>
    public bool? IsLockedExclusively(string path) => _held.IsLockedExclusively(path);

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect) =>
        _held.Probe(directory, tryDirect);

    /// <summary>Gives the lock back and lets go of the directory. Idempotent.</summary>
    public void Dispose()
    {
        _lock.Dispose();
        _held.Dispose();
    }

    /// <summary>
    /// A call that fails in a directory that was lost meanwhile failed for that reason.
    /// </summary>
    private T Do<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (StorageIOException error) when (error is not DirectoryLostException)
        {
            Require();
            throw;
        }
    }

    /// <summary>What has happened to the directory; null for nothing.</summary>
    private string? FindLoss(FileIdentity ownLock)
    {
        string? atPath = FindLossOfPath();
        if (_held.TryIdentify(_lockPath) is not { } found)
        {
            return atPath is null
                ? "its LOCK file was removed"
                : $"its LOCK file was removed, and {atPath}";
        }

        return found.IsSame(ownLock)
            ? atPath
            : "its LOCK file was replaced by another one";
    }

    private string? FindLossOfPath()
    {
        FileIdentity? there;
        try
        {
            there = _held.TryIdentifyPath();
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.AccessDenied)
        {
            // A process that gave up its rights after opening cannot ask. What it holds it still
            // may use, and its LOCK says whether it still has it.
            return null;
        }

        return there is not { } found
            ? "nothing is at its path any more: it was moved or removed"
            : found.IsSame(_held.GetIdentity())
                ? null
                : "another directory is at its path";
    }
}
