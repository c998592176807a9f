namespace LogEngine.Conformance;

/// <summary>
/// A long stream of bytes that do not repeat, which notes the managed memory while it is read.
/// </summary>
internal sealed class CountingStream(long length) : Stream
{
    private const long NoteEvery = 8 << 20;

    private readonly Random _random = new(1);
    private long _at;
    private long _nextNote;

    /// <summary>the most managed memory that was seen, garbage included.</summary>
    internal long MostManagedBytes { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

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
        if (_at >= _nextNote)
        {
            _nextNote += NoteEvery;
            MostManagedBytes = Math.Max(
                MostManagedBytes, GC.GetTotalMemory(forceFullCollection: false));
        }

        int count = (int)Math.Min(buffer.Length, length - _at);
        _random.NextBytes(buffer[..count]);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override void Flush()
    {
        // There is nothing to write.
    }
}
