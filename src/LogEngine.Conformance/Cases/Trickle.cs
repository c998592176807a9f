namespace LogEngine.Conformance.Cases;

/// <summary>
/// A stream that gives its bytes in odd portions, and fails, is cancelled, or never goes on where
/// it is told to.
/// </summary>
internal sealed class Trickle(
    byte[] content,
    int failAt = int.MaxValue,
    int stopAt = int.MaxValue,
    int cancelAt = int.MaxValue,
    CancellationTokenSource? cancel = null) : Stream
{
    private readonly TaskCompletionSource _stopped = new();
    private int _at;

    /// <summary>Completes when the stream has come to where it never goes on.</summary>
    internal Task Stopped => _stopped.Task;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at >= failAt)
        {
            throw new IOException("the source failed");
        }

        if (_at >= stopAt)
        {
            _stopped.SetResult();
            await new TaskCompletionSource<int>().Task;
        }

        if (_at >= cancelAt)
        {
            // In place: the other way would go over the thread pool, off a simulated thread.
            cancel!.Cancel();
        }

        cancellationToken.ThrowIfCancellationRequested();
        int count = Math.Min(Math.Min(buffer.Length, content.Length - _at), 1 + (_at % 251));
        content.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override void Flush()
    {
        // There is nothing to write.
    }
}
