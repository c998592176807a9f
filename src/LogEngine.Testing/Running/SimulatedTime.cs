namespace LogEngine.Testing.Running;

/// <summary>A clock that moves only when told to. Not thread-safe.</summary>
internal sealed class SimulatedTime : TimeProvider
{
    private static readonly DateTimeOffset Epoch = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<Timer> _timers = [];
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Added to the wall clock only: it may jump, the other never does.</summary>
    internal TimeSpan WallOffset { get; set; }

    /// <summary>When the next timer is due; null where none is set.</summary>
    internal TimeSpan? NextDue => _timers.Count == 0
        ? null
        : TimeSpan.FromTicks(Math.Max(0, _timers.Min(t => t.DueAt) - _ticks));

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => Epoch + WallOffset + TimeSpan.FromTicks(_ticks);

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Timer timer = new(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves on and runs the callbacks that come due, in order of their time.</summary>
    internal void Advance(TimeSpan by)
    {
        long until = _ticks + by.Ticks;
        while (_timers.Where(t => t.DueAt <= until).MinBy(t => t.DueAt) is { } next)
        {
            _ticks = Math.Max(_ticks, next.DueAt);
            next.Fire();
        }

        _ticks = until;
    }

    private sealed class Timer(SimulatedTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        internal long DueAt { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            time._timers.Remove(this);
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                DueAt = time._ticks + dueTime.Ticks;
                time._timers.Add(this);
            }

            return true;
        }

        public void Dispose() => time._timers.Remove(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        internal void Fire()
        {
            Change(_period > TimeSpan.Zero ? _period : Timeout.InfiniteTimeSpan, _period);
            callback(state);
        }
    }
}
