namespace LogEngine.Compare.StoreItems;

/// <summary>
/// A long stream of bytes that do not repeat: read, it makes them; written, it compares. It notes
/// the memory on the way.
/// </summary>
internal sealed class LongStream(long length) : Stream
{
    private const long NoteEvery = 16 << 20;

    private readonly Random _random = new(1);
    private readonly byte[] _expected = new byte[1 << 20];
    private long _at;
    private long _nextNote;

    /// <summary>The most managed memory that was seen, garbage included.</summary>
    internal long MostManagedBytes { get; private set; }

    /// <summary>
    /// The most memory of the whole process that was seen, native buffers included.
    /// </summary>
    internal long MostProcessBytes { get; private set; }

    /// <summary>All that was written is what reading makes, to the last byte.</summary>
    internal bool Matched => _at == length && !_differs;

    private bool _differs;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => length;

    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Read(buffer.Span));

    public override int Read(Span<byte> buffer)
    {
        // Whole words: bytes of a part of one would depend on how the reader cuts.
        int count = (int)Math.Min(buffer.Length & ~7, length - _at);
        _random.NextBytes(buffer[..count]);
        Pass(count);
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        Read(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Span<byte> expected = _expected.AsSpan(0, buffer.Length);
        _random.NextBytes(expected);
        _differs |= !expected.SequenceEqual(buffer);
        Pass(buffer.Length);
    }

    public override void Write(byte[] buffer, int offset, int count) =>
        Write(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
        // Nothing is held back.
    }

    private void Pass(int count)
    {
        _at += count;
        if (_at >= _nextNote)
        {
            _nextNote += NoteEvery;
            MostManagedBytes = Math.Max(
                MostManagedBytes, GC.GetTotalMemory(forceFullCollection: false));
            MostProcessBytes = Math.Max(MostProcessBytes, Environment.WorkingSet);
        }
    }
}
