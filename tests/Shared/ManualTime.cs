namespace LogEngine.Tests;

/// <summary>
/// A clock that stands still until it is moved; timers fire on the mover's thread.
/// </summary>
internal sealed class ManualTime : TimeProvider
{
    internal static readonly DateTimeOffset Epoch = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _utcNow = Epoch;
    private long _timestamp = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _utcNow;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _timestamp;
        }
    }

    public override ITimer CreateTimer(
        TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ManualTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Sets the wall clock alone, forward or back.</summary>
    internal void SetUtcNow(DateTimeOffset now)
    {
        lock (_gate)
        {
            _utcNow = now;
        }
    }

    /// <summary>Lets time pass and fires nothing yet: timers may be late.</summary>
    internal void AdvanceSilently(TimeSpan by)
    {
        lock (_gate)
        {
            _utcNow += by;
            _timestamp += by.Ticks;
        }
    }

    /// <summary>Lets time pass and fires what falls due.</summary>
    internal void Advance(TimeSpan by)
    {
        List<ManualTimer> due;
        lock (_gate)
        {
            _utcNow += by;
            _timestamp += by.Ticks;
            due = [.. _timers.Where(t => t.DueAt <= _timestamp)];
            due.ForEach(t => _timers.Remove(t));
        }

        due.ForEach(t => t.Fire());
    }

    private sealed class ManualTimer(ManualTime owner, Action fire) : ITimer
    {
        internal long DueAt { get; private set; }

        internal void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._gate)
            {
                owner._timers.Remove(this);
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    DueAt = owner._timestamp + dueTime.Ticks;
                    owner._timers.Add(this);
                }
            }

            return true;
        }

        public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
