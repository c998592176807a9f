namespace LogEngine.Stores.Queues;

/// <summary>Both clocks of a queue: the monotonic one for leases, the wall clock for due times.</summary>
internal sealed class QueueClock(TimeProvider time)
{
    internal TimeProvider Provider => time;

    internal long Timestamp => time.GetTimestamp();

    internal long WallTicks => time.GetUtcNow().UtcTicks;

    /// <summary>The timestamp after a duration from now; at the end of the clock, its last.</summary>
    internal long After(TimeSpan duration)
    {
        long now = time.GetTimestamp();
        double ticks = duration.TotalSeconds * time.TimestampFrequency;
        return ticks < (double)long.MaxValue - now ? now + (long)ticks : long.MaxValue;
    }

    internal bool HasPassed(long since, TimeSpan duration) =>
        since == long.MinValue || time.GetElapsedTime(since) >= duration;

    /// <summary>How long until a timestamp; not below zero.</summary>
    internal TimeSpan Until(long timestamp)
    {
        TimeSpan left = time.GetElapsedTime(time.GetTimestamp(), timestamp);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
