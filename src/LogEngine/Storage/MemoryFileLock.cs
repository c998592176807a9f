namespace LogEngine.Storage;

/// <summary>A held lock of a <see cref="MemoryFileSystem"/>.</summary>
internal sealed class MemoryFileLock(
    MemoryFileSystem files, MemoryInode inode, LockKind kind, bool isNew) : IFileLock
{
    private int _released;

    /// <inheritdoc/>
    public bool IsNew => isNew;

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => inode.Identity;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _released, 1) == 0)
        {
            files.Release(inode, kind);
        }
    }
}
