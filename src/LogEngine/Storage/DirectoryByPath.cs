namespace LogEngine.Storage;

/// <summary>
/// A held directory of a system that takes names by path only. Nobody moves it: Windows keeps a
/// directory where it is while a handle without the right to delete is open. Where its path leads
/// elsewhere all the same, through a link that was changed, its identity says so.
/// </summary>
/// <param name="files">Where the directory is.</param>
/// <param name="path">Its path.</param>
/// <param name="handle">What keeps it in its place; null for none.</param>
internal sealed class DirectoryByPath(IFileSystem files, string path, IDisposable? handle)
    : IHeldDirectory
{
    private readonly FileIdentity _identity = files.TryIdentify(path)
        ?? throw new StorageIOException(
            "open directory", path, Errno.NotFound, "No such directory");

    /// <inheritdoc/>
    public string HeldPath { get; } = Path.TrimEndingDirectorySeparator(path);

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => _identity;

    /// <inheritdoc/>
    public FileIdentity? TryIdentifyPath() => files.TryIdentify(HeldPath);

    /// <summary>Nothing to keep: names are looked up by path, with or without the handle.</summary>
    public IDisposable Share() => NoShare.Instance;

    /// <inheritdoc/>
    public void SyncParent()
    {
        if (Path.GetDirectoryName(HeldPath) is { Length: > 0 } parent)
        {
            files.SyncDirectory(parent);
        }
    }

    /// <inheritdoc/>
    public bool DirectoryExists(string path) => files.DirectoryExists(path);

    /// <inheritdoc/>
    public FileIdentity? TryIdentify(string path) => files.TryIdentify(path);

    /// <inheritdoc/>
    public IHeldDirectory Hold(string directory) => files.Hold(directory);

    /// <inheritdoc/>
    public void CreateDirectory(string path) => files.CreateDirectory(path);

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory) => files.ListFiles(directory);

    /// <inheritdoc/>
    public IStorageFile Open(string path, OpenFlags flags) => files.Open(path, flags);

    /// <inheritdoc/>
    public void Rename(string source, string target) => files.Rename(source, target);

    /// <inheritdoc/>
    public bool Unlink(string path) => files.Unlink(path);

    /// <inheritdoc/>
    public void KeepAccess(string of, IStorageFile on) => files.KeepAccess(of, on);

    /// <inheritdoc/>
    public void SyncDirectory(string path) => files.SyncDirectory(path);

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        files.TryLock(path, kind, create);

    /// <inheritdoc/>
    public bool? IsLockedExclusively(string path) => files.IsLockedExclusively(path);

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect) =>
        files.Probe(directory, tryDirect);

    /// <inheritdoc/>
    public void Dispose() => handle?.Dispose();
}
