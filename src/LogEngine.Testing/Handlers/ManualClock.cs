namespace LogEngine.Testing.Handlers;

/// <summary>A clock that stands still until it is told to go on.</summary>
/// <remarks>
/// Thread-safe. Wall clock and monotonic time go together. Timers fire on the thread that advances it, in the
/// order of their times.
/// </remarks>
public sealed class ManualClock : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _start;
    private long _passed;

    /// <summary>A clock that shows a time.</summary>
    /// <param name="start">The time; midnight of 1 January 2030 in UTC where null.</param>
    public ManualClock(DateTimeOffset? start = null) =>
        _start = start ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start + TimeSpan.FromTicks(GetTimestamp());

    /// <inheritdoc/>
    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _passed;
        }
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Goes on, and fires the timers that fall due, each at its time.</summary>
    /// <param name="by">How much time passes; from zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        long until = GetTimestamp() + by.Ticks;
        while (TakeDue(until) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>The next timer that falls due, at its time; null where there is none up to then.</summary>
    private ManualTimer? TakeDue(long until)
    {
        lock (_gate)
        {
            ManualTimer? next = _timers.Where(timer => timer.DueAt <= until)
                .MinBy(timer => timer.DueAt);
            _passed = Math.Max(_passed, next?.DueAt ?? until);
            next?.TakeTurn_NeedsLock();
            return next;
        }
    }

    private sealed class ManualTimer(ManualClock clock, Action fire) : ITimer
    {
        private TimeSpan _period;

        internal long DueAt { get; private set; }

        internal void Fire() => fire();

        internal void TakeTurn_NeedsLock() => Set_NeedsLock(
            _period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                _period = period;
                Set_NeedsLock(dueTime);
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Set_NeedsLock(TimeSpan dueTime)
        {
            clock._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                DueAt = clock._passed + dueTime.Ticks;
                clock._timers.Add(this);
            }
        }
    }
}
