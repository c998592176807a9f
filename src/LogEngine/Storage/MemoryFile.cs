namespace LogEngine.Storage;

/// <summary>An open file of a <see cref="MemoryFileSystem"/>.</summary>
internal sealed class MemoryFile(MemoryInode inode, string path, bool writable) : IStorageFile
{
    private volatile bool _closed;

    /// <inheritdoc/>
    public string Path { get; } = path;

    /// <inheritdoc/>
    public bool IsDirect => false;

    /// <summary>The file behind it.</summary>
    internal MemoryInode Inode
    {
        get
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return inode;
        }
    }

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => Inode.Identity;

    /// <inheritdoc/>
    public long GetLength() => Inode.Length;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, long offset)
    {
        MemoryInode open = Inode;
        Require(offset >= 0, "read");
        return open.Read(buffer, offset);
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync)
    {
        MemoryInode open = Writable("write");
        Require(offset >= 0, "write");
        RequireFits(offset, bytes.Length, "write");
        if (!bytes.IsEmpty)
        {
            open.Write(bytes, offset);
        }
    }

    /// <inheritdoc/>
    public void DataSync() => RequireOpen();

    /// <inheritdoc/>
    public void SetLength(long length)
    {
        MemoryInode open = Writable("set length of");
        Require(length >= 0, "set length of");
        RequireFits(length, 0, "set length of");
        open.SetLength(length);
    }

    /// <summary>Only extends: there is no space that could be promised.</summary>
    public bool Allocate(long offset, long length)
    {
        MemoryInode open = Writable("allocate");
        Require(offset >= 0 && length > 0, "allocate");
        RequireFits(offset, length, "allocate");
        open.Extend(offset + length);
        return true;
    }

    /// <inheritdoc/>
    public void DropCache() => RequireOpen();

    /// <inheritdoc/>
    public void Dispose() => _closed = true;

    private void RequireOpen() => ObjectDisposedException.ThrowIf(_closed, this);

    private MemoryInode Writable(string operation) => writable || _closed
        ? Inode
        : throw MemoryFileSystem.Failure(operation, Path, Errno.BadDescriptor);

    private void Require(bool condition, string operation)
    {
        if (!condition)
        {
            throw MemoryFileSystem.Failure(operation, Path, Errno.Invalid);
        }
    }

    private void RequireFits(long offset, long length, string operation)
    {
        if (offset > MemoryInode.MaxBytes - length)
        {
            throw MemoryFileSystem.Failure(operation, Path, Errno.FileTooBig);
        }
    }
}
