using System.Diagnostics;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Engines;

/// <summary>
/// The ceiling: what a group-committing log costs when it is nothing but that. Two buffers, one
/// flusher, framing with a checksum, one prepared file that wraps; no segments, no readers, no
/// recovery, no order between wrapped groups.
/// </summary>
internal sealed class BareLog : IBenchLog
{
    private const int MinGroupBytes = 4 << 20;
    private const int FlusherSpins = 20;

    // Just released appenders come back within microseconds. Waiting that long for as many as
    // there are keeps a few dozen of them in one group; without it they settle into two halves
    // that take turns, at close to half the rate. Beyond, the processor is the limit, not the disk.
    private const int MostGathered = 128;
    private static readonly long GatherTicks = Stopwatch.Frequency / 50_000;

    private readonly Lock _lock = new();
    private readonly PreparedFile _file;
    private readonly Thread _flusher;
    private readonly ManualResetEventSlim _work = new(initialState: false, FlusherSpins);

    // All below is guarded by _lock, save what the flusher alone has taken out of it.
    private BareGroup _filling;
    private BareGroup _other;
    private long _lastSequence;
    private bool _flusherIdle;
    private bool _closing;

    private BareLog(PreparedFile file, int groupBytes)
    {
        _file = file;
        _filling = new BareGroup(groupBytes);
        _other = new BareGroup(groupBytes);
        _flusher = new Thread(Flush) { IsBackground = true, Name = "bare flusher" };
        _flusher.Start();
    }

    /// <inheritdoc/>
    public string Note => _file.Description;

    /// <summary>
    /// Opens the loop on a prepared file whose groups take every appender's record.
    /// </summary>
    internal static BareLog Open(PreparedFile file, int appenders, int payloadBytes)
    {
        long need = (long)appenders * BareFrame.SizeOf(payloadBytes);
        long group = Math.Max(MinGroupBytes, (need + 0xFFFFF) & ~0xFFFFFL);
        return new BareLog(file, checked((int)Math.Min(group, file.Length)));
    }

    /// <inheritdoc/>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload)
    {
        BareWaiter waiter = BareWaiter.Rent();
        return TryReserve(payload.Span, waiter)
            ? waiter.Task
            : throw new InvalidOperationException("More appends wait than the loop was made for.");
    }

    /// <inheritdoc/>
    public long Append(ReadOnlySpan<byte> payload) =>
        throw new NotSupportedException("The bare loop has no blocking append.");

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<byte> payload) => TryReserve(payload, waiter: null);

    /// <inheritdoc/>
    public async ValueTask FlushAsync()
    {
        // Groups commit in order: whoever waits in the next one waits for all before it.
        BareWaiter waiter = BareWaiter.Rent();
        lock (_lock)
        {
            _filling.Add(waiter);
        }

        _work.Set();
        await waiter.Task.ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await FlushAsync().ConfigureAwait(false);
        lock (_lock)
        {
            _closing = true;
        }

        _work.Set();
        _flusher.Join();
        _work.Dispose();
        _filling.Dispose();
        _other.Dispose();
        _file.Dispose();
    }

    private unsafe bool TryReserve(ReadOnlySpan<byte> payload, BareWaiter? waiter)
    {
        BareGroup group;
        int offset;
        bool wake;
        lock (_lock)
        {
            group = _filling;
            offset = group.Reserve(BareFrame.SizeOf(payload.Length));
            if (offset < 0)
            {
                return false;
            }

            _lastSequence++;
            if (waiter is not null)
            {
                waiter.Sequence = _lastSequence;
                group.Add(waiter);
            }

            wake = _flusherIdle;
            _flusherIdle = false;
        }

        BareFrame.Write(group.Memory + offset, payload);
        group.Copied();
        if (wake)
        {
            _work.Set();
        }

        return true;
    }

    private unsafe void Flush()
    {
        long offset = 0;
        while (TakeGroup() is { } group)
        {
            int length = group.Seal();
            if (length > 0)
            {
                offset = offset + length > _file.Length ? 0 : offset;
                _file.WriteAt(group.Memory, length, offset, durable: true);
                offset += length;
            }

            int appenders = group.WaiterCount + _filling.WaiterCount;
            group.CompleteAll();
            Gather(appenders);
        }
    }

    /// <summary>Waits a moment for a number of appenders; not for one, and not for many.</summary>
    private void Gather(int appenders)
    {
        if (appenders is <= 1 or > MostGathered)
        {
            return;
        }

        // Only this thread swaps the buffers, so _filling stays the same group meanwhile.
        long started = Stopwatch.GetTimestamp();
        while (_filling.WaiterCount < appenders
            && Stopwatch.GetTimestamp() - started < GatherTicks)
        {
            Thread.SpinWait(4);
        }
    }

    /// <summary>Swaps the buffers as soon as there is something; null once closed.</summary>
    private BareGroup? TakeGroup()
    {
        while (true)
        {
            lock (_lock)
            {
                if (!_filling.IsEmpty)
                {
                    (_filling, _other) = (_other, _filling);
                    return _other;
                }

                if (_closing)
                {
                    return null;
                }

                _flusherIdle = true;
                _work.Reset();
            }

            _work.Wait();
        }
    }
}
