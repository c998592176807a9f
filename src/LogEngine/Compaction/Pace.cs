using LogEngine.Log;

namespace LogEngine.Compaction;

/// <summary>Holds background work back to a rate, in steps that a timer can tell apart.</summary>
/// <remarks>Not thread-safe: <see cref="Maintenance"/> does one thing at a time.</remarks>
internal sealed class Pace(IScheduler scheduler, TimeProvider time, long bytesPerSecond)
{
    /// <summary>Shorter pauses are saved up.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(2);

    /// <summary>A pause that took longer than it should is made up for, up to that.</summary>
    private static readonly TimeSpan MostCredit = TimeSpan.FromMilliseconds(10);

    /// <summary>Timestamp by which what was done so far should have taken its time.</summary>
    private long _due;

    /// <summary>Does not pause at all.</summary>
    internal static Task None(long bytes) => Task.CompletedTask;

    /// <summary>So much was done: waits where that was faster than it may be.</summary>
    internal async Task AfterAsync(long bytes, CancellationToken token)
    {
        long now = time.GetTimestamp();
        long credit = (long)(MostCredit.TotalSeconds * time.TimestampFrequency);
        _due = Math.Max(_due, now - credit)
            + (long)((double)bytes / bytesPerSecond * time.TimestampFrequency);
        TimeSpan early = time.GetElapsedTime(now, _due);
        if (early >= ShortestPause)
        {
            await scheduler.Until(Task.Delay(early, time, token)).ConfigureAwait(false);
        }
    }
}
