using Rebus.Workers.ThreadPoolBased;

namespace LogEngine.Rebus;

/// <summary>
/// Says to a worker of Rebus when a message has been handled. A worker that has begun as many as may be handled at
/// once pauses for 100 ms by default, and so many would be all that it handles in that time; here it goes on as
/// soon as one of them is done. It never looks for messages in vain: receiving waits until there is one.
/// </summary>
internal sealed class FinishedOperations
{
    /// <summary>A worker is told; it looks by itself only where what told it was taken by another one.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(1);

    private readonly AutoResetEvent _finished = new(false);
    private int _shortWaits;

    /// <summary>
    /// The transaction of a message is over. Rebus counts it a moment later, so the waits that follow are short.
    /// </summary>
    internal void Note()
    {
        Volatile.Write(ref _shortWaits, 2);
        _finished.Set();
    }

    /// <summary>The pauses of a bus, but for those that end when a message has been handled.</summary>
    internal IBackoffStrategy Instead(IBackoffStrategy of) => new Backoff(this, of);

    private TimeSpan NextWait()
    {
        if (Volatile.Read(ref _shortWaits) <= 0)
        {
            return _longest;
        }

        Interlocked.Decrement(ref _shortWaits);
        return _shortest;
    }

    private sealed class Backoff(FinishedOperations operations, IBackoffStrategy other) : IBackoffStrategy
    {
        public void Wait(CancellationToken token) =>
            WaitHandle.WaitAny([operations._finished, token.WaitHandle], operations.NextWait());

        public Task WaitAsync(CancellationToken token) => Task.Delay(_shortest, token);

        public void WaitNoMessage(CancellationToken token) => other.WaitNoMessage(token);

        public Task WaitNoMessageAsync(CancellationToken token) => other.WaitNoMessageAsync(token);

        public void WaitError(CancellationToken token) => other.WaitError(token);

        public Task WaitErrorAsync(CancellationToken token) => other.WaitErrorAsync(token);

        public void Reset() => other.Reset();
    }
}
