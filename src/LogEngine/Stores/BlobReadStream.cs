namespace LogEngine.Stores;

/// <summary>
/// A blob, or a range of one, as a stream: seekable, one piece in memory at a time. It shows the
/// blob as of when it was opened, whatever happens to it meanwhile.
/// </summary>
internal sealed class BlobReadStream : Stream
{
    private readonly BlobId _id;
    private readonly BlobHead _head;
    private readonly KeyspaceReader _keyspace;
    private readonly ReadView? _ownedView;

    /// <summary>Where the range begins in the blob, and its length.</summary>
    private readonly long _offset;
    private readonly long _length;
    private long _position;
    private long _chunkIndex = -1;
    private ReadOnlyMemory<byte> _chunk;

    /// <summary>Whose memory the piece is, where it has to be given back.</summary>
    private StoredValue? _owner;
    private bool _disposed;

    internal BlobReadStream(
        BlobId id,
        BlobHead head,
        KeyspaceReader keyspace,
        ReadView? ownedView,
        long offset,
        long length)
    {
        _id = id;
        _head = head;
        _keyspace = keyspace;
        _ownedView = ownedView;
        _offset = offset;
        _length = length;
    }

    public override bool CanRead => !_disposed;

    public override bool CanSeek => !_disposed;

    public override bool CanWrite => false;

    public override long Length
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _length;
        }
    }

    public override long Position
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _position;
        }

        set
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Read(buffer.AsSpan(offset, count));
    }

    /// <summary>Reads; may read the disk on the calling thread.</summary>
    public override int Read(Span<byte> buffer)
    {
        int wanted = Wanted(buffer.Length);
        if (wanted == 0)
        {
            return 0;
        }

        long at = _offset + _position;
        long index = at / _head.ChunkBytes;
        if (index != _chunkIndex)
        {
            ReadChunk(index);
        }

        return CopyOut(at, buffer[..wanted]);
    }

    public override Task<int> ReadAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int wanted = Wanted(buffer.Length);
        if (wanted == 0)
        {
            return 0;
        }

        long at = _offset + _position;
        long index = at / _head.ChunkBytes;
        if (index != _chunkIndex)
        {
            await ReadChunkAsync(index, cancellationToken).ConfigureAwait(false);
        }

        return CopyOut(at, buffer.Span[..wanted]);
    }

    public override long Seek(long offset, SeekOrigin origin)
    {
        Position = checked(offset + origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => Position,
            SeekOrigin.End => Length,
            _ => throw new ArgumentOutOfRangeException(nameof(origin)),
        });
        return Position;
    }

    public override void Flush()
    {
        // There is nothing to write.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            Forget();
            _ownedView?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Wanted(int room)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return (int)Math.Clamp(_length - _position, 0, room);
    }

    private int CopyOut(long at, Span<byte> into)
    {
        ReadOnlySpan<byte> rest = _chunk.Span[(int)(at % _head.ChunkBytes)..];
        int count = Math.Min(rest.Length, into.Length);
        rest[..count].CopyTo(into);
        _position += count;
        return count;
    }

    private void ReadChunk(long index)
    {
        Forget();
        try
        {
            _owner = _keyspace.Get(_head.ChunkKey(_id, index));
        }
        catch (CorruptionException error)
        {
            throw Damaged(index, error);
        }

        Take(index, _owner?.Memory ?? throw Missing(index));
    }

    private async ValueTask ReadChunkAsync(long index, CancellationToken cancellationToken)
    {
        Forget();
        try
        {
            _owner = await _keyspace.GetAsync(_head.ChunkKey(_id, index), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (CorruptionException error)
        {
            throw Damaged(index, error);
        }

        Take(index, _owner?.Memory ?? throw Missing(index));
    }

    private void Take(long index, ReadOnlyMemory<byte> chunk)
    {
        if (chunk.Length != _head.LengthOfChunk(index))
        {
            throw new BlobDamagedException(
                _id,
                $"piece {index} has {chunk.Length} bytes, {_head.LengthOfChunk(index)} expected");
        }

        _chunk = chunk;
        _chunkIndex = index;
    }

    private void Forget()
    {
        _chunkIndex = -1;
        _chunk = default;
        _owner?.Dispose();
        _owner = null;
    }

    private BlobDamagedException Missing(long index) => new(_id, $"piece {index} is missing");

    private BlobDamagedException Damaged(long index, CorruptionException error) =>
        new(_id, $"piece {index}: {error.Message}", error);
}
