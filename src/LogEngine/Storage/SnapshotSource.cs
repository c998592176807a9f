namespace LogEngine.Storage;

/// <summary>An open snapshot file. Header and length are verified, blocks when read.</summary>
/// <remarks>Not thread-safe. It keeps reading the same file when the name is replaced.</remarks>
internal sealed class SnapshotSource : IDisposable
{
    private readonly IStorageFile _file;

    /// <summary>Of the longest block there is in this file; empty until the first is read.</summary>
    private byte[] _block = [];

    private long _blockOffset = SnapshotHeader.Size; // of the next block to load
    private long _loaded; // payload bytes of all blocks loaded so far
    private int _length; // payload bytes of the block in _block
    private int _taken; // of those, handed out

    private SnapshotSource(IStorageFile file, SnapshotHeader header)
    {
        _file = file;
        Header = header;
    }

    internal SnapshotHeader Header { get; }

    /// <summary>Where the block stands that was read last; the first one before that.</summary>
    internal long BlockOffset => Math.Max(
        SnapshotHeader.Size,
        _loaded == 0 ? 0 : _blockOffset - SnapshotBlock.EncodedLength(_length));

    /// <summary>Whether the next read loads a block.</summary>
    internal bool NeedsDisk => _taken == _length && _loaded < Header.PayloadLength;

    /// <exception cref="StorageNotFoundException">No such file.</exception>
    /// <exception cref="CorruptionException">Damaged header, or wrong length.</exception>
    /// <exception cref="IncompatibleFormatException">Written by a newer version.</exception>
    internal static SnapshotSource Open(IFileSystem fileSystem, string path, bool forWriting)
    {
        IStorageFile? file = OpenFile(fileSystem, path);
        try
        {
            Span<byte> bytes = stackalloc byte[SnapshotHeader.Size];
            int count = file.Read(bytes, 0);
            SnapshotHeader header = SnapshotHeader.Read(bytes[..count], path, forWriting);
            long length = file.GetLength();
            if (length != header.FileLength)
            {
                throw new CorruptionException(
                    path,
                    Math.Min(length, header.FileLength),
                    $"wrong length: {length} bytes, the header implies {header.FileLength}");
            }

            SnapshotSource source = new(file, header);
            file = null;
            return source;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>
    /// Copies verified bytes; 0 at the end. It never goes beyond a block once it has bytes, so that
    /// nothing already copied is lost to the damage of the next one.
    /// </summary>
    internal int Read(Span<byte> into)
    {
        if (NeedsDisk && !into.IsEmpty)
        {
            LoadBlock();
        }

        int count = Math.Min(into.Length, _length - _taken);
        if (count > 0)
        {
            _block.AsSpan(SnapshotBlock.HeaderSize + _taken, count).CopyTo(into);
        }

        _taken += count;
        return count;
    }

    public void Dispose() => _file.Dispose();

    private static IStorageFile OpenFile(IFileSystem fileSystem, string path)
    {
        try
        {
            return fileSystem.Open(path, OpenFlags.Read);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            throw new StorageNotFoundException($"Snapshot file '{path}' does not exist.");
        }
    }

    /// <summary>Advances only where the block is whole: a damaged one fails every time.</summary>
    private void LoadBlock()
    {
        int payload = (int)Math.Min(SnapshotBlock.MaxPayload, Header.PayloadLength - _loaded);
        if (_block.Length == 0)
        {
            _block = GC.AllocateUninitializedArray<byte>(SnapshotBlock.EncodedLength(payload));
        }

        Span<byte> block = _block.AsSpan(0, SnapshotBlock.EncodedLength(payload));
        _length = 0;
        _taken = 0;
        int count = _file.Read(block, _blockOffset);
        string? damage = count < block.Length
            ? $"the file ends {block.Length - count} bytes too early"
            : SnapshotBlock.Check(block, payload, Header.Salt, _blockOffset);
        if (damage is not null)
        {
            throw new CorruptionException(_file.Path, _blockOffset, damage);
        }

        _length = payload;
        _loaded += payload;
        _blockOffset += block.Length;
    }
}
