namespace LogEngine.Storage;

/// <summary>A held directory of a <see cref="MemoryFileSystem"/>.</summary>
internal sealed class MemoryHeldDirectory(
    MemoryFileSystem files, string path, MemoryDirectory held) : IHeldDirectory
{
    /// <inheritdoc/>
    public string HeldPath => path;

    internal MemoryDirectory Held => held;

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => held.Identity;

    /// <inheritdoc/>
    public FileIdentity? TryIdentifyPath() => files.TryIdentify(path);

    /// <inheritdoc/>
    public IDisposable Share() => NoShare.Instance;

    /// <summary>Nothing to do: names in memory are as durable as they get.</summary>
    public void SyncParent()
    {
    }

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => Do(f => f.DirectoryExists(path));

    /// <inheritdoc/>
    public FileIdentity? TryIdentify(string path) => Do(f => f.TryIdentify(path));

    /// <inheritdoc/>
    public IHeldDirectory Hold(string directory) => Do(f => f.Hold(directory));

    /// <inheritdoc/>
    public void CreateDirectory(string path) => Do(f =>
    {
        f.CreateDirectory(path);
        return true;
    });

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory) => Do(f => f.ListFiles(directory));

    /// <inheritdoc/>
    public IStorageFile Open(string path, OpenFlags flags) => Do(f => f.Open(path, flags));

    /// <inheritdoc/>
    public void Rename(string source, string target) => Do(f =>
    {
        f.Rename(source, target);
        return true;
    });

    /// <inheritdoc/>
    public bool Unlink(string path) => Do(f => f.Unlink(path));

    /// <inheritdoc/>
    public void KeepAccess(string of, IStorageFile on) => files.KeepAccess(of, on);

    /// <inheritdoc/>
    public void SyncDirectory(string path) => Do(f =>
    {
        f.SyncDirectory(path);
        return true;
    });

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        Do(f => f.TryLock(path, kind, create));

    /// <inheritdoc/>
    public bool? IsLockedExclusively(string path) => Do(f => f.IsLockedExclusively(path));

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect) =>
        Do(f => f.Probe(directory, tryDirect));

    /// <summary>Nothing is open.</summary>
    public void Dispose()
    {
    }

    private T Do<T>(Func<MemoryFileSystem, T> call) => files.Within(this, call);
}
