namespace LogEngine.Stores.Queues;

/// <summary>
/// Wakes a queue on which somebody waits or listens, when the next lease expires or the next due time comes.
/// </summary>
/// <remarks>
/// Guarded by the queue's lock. Nobody waiting or listening, no timer. A due time is on the wall clock, which may be
/// set: it is looked at once a second.
/// </remarks>
internal sealed class QueueAlarm : IDisposable
{
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    private readonly QueueClock _clock;
    private readonly ITimer _timer;

    /// <summary>Timestamp at which it rings; far away where it is not set.</summary>
    private long _ringsAt = long.MaxValue;

    internal QueueAlarm(QueueClock clock, Action ring)
    {
        _clock = clock;
        _timer = clock.Provider.CreateTimer(
            state => ((Action)state!)(),
            ring,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sets it to the next event, unless it rings before that anyway.</summary>
    /// <param name="waiting">How many wait for a message.</param>
    /// <param name="listening">Whether somebody is told of leases that expire.</param>
    /// <param name="expiries">The leases.</param>
    /// <param name="schedule">What waits for a time.</param>
    internal void Arm_NeedsLock(
        int waiting, bool listening, LeaseHeap expiries, Schedule schedule)
    {
        if (waiting == 0 && !listening)
        {
            return;
        }

        long next = expiries.Count > 0 ? expiries.First.ExpiresAt : long.MaxValue;
        if (waiting > 0 && schedule.NextTicks is { } due)
        {
            TimeSpan left = TimeSpan.FromTicks(Math.Max(0, due - _clock.WallTicks));
            next = Math.Min(next, _clock.After(left < LongestLook ? left : LongestLook));
        }

        if (next < _ringsAt)
        {
            _ringsAt = next;

            // Timers count in milliseconds: a little late, never early.
            _timer.Change(
                _clock.Until(next) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }

    internal void Rang_NeedsLock() => _ringsAt = long.MaxValue;

    public void Dispose() => _timer.Dispose();
}
