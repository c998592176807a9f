using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>Holds background work back to a rate, in steps that a timer can tell apart.</summary>
/// <remarks>
/// <see cref="AfterAsync"/> is for one at a time: <see cref="Maintainer"/> does one thing at a time.
/// The rest is thread-safe.
/// </remarks>
/// <param name="scheduler">Waits.</param>
/// <param name="time">The clock.</param>
/// <param name="bytesPerSecond">The rate.</param>
/// <param name="isUrgent">Whether something else must have its turn at once.</param>
internal sealed class Pace(
    IScheduler scheduler, TimeProvider time, long bytesPerSecond, Func<bool> isUrgent)
{
    /// <summary>Shorter pauses are saved up.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(2);

    /// <summary>So often it is looked at whether something is urgent.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>A pause that took longer than it should is made up for, up to that.</summary>
    private static readonly TimeSpan MostCredit = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private CancellationTokenSource _hurry = new();
    private int _waiting;

    /// <summary>Timestamp by which what was done so far should have taken its time.</summary>
    private long _due;

    /// <summary>Does not pause at all.</summary>
    internal static Task None(long bytes) => Task.CompletedTask;

    /// <summary>Whether somebody waits for the end of what is paced.</summary>
    internal bool IsHurried => HurryToken.IsCancellationRequested || isUrgent();

    private CancellationToken HurryToken
    {
        get
        {
            lock (_gate)
            {
                return _hurry.Token;
            }
        }
    }

    /// <summary>
    /// Somebody waits: ends the present pause, on this thread, and there is no other until as many
    /// calls of <see cref="Relax"/>.
    /// </summary>
    internal void Hurry()
    {
        CancellationTokenSource present;
        lock (_gate)
        {
            _waiting++;
            present = _hurry;
        }

        present.Cancel();
    }

    internal void Relax()
    {
        lock (_gate)
        {
            if (--_waiting == 0)
            {
                _hurry = new CancellationTokenSource();
            }
        }
    }

    /// <summary>So much was done: waits where that was faster than it may be.</summary>
    internal async Task AfterAsync(long bytes, CancellationToken token)
    {
        long now = time.GetTimestamp();
        long credit = (long)(MostCredit.TotalSeconds * time.TimestampFrequency);
        _due = Math.Max(_due, now - credit)
            + (long)((double)bytes / bytesPerSecond * time.TimestampFrequency);
        TimeSpan early = time.GetElapsedTime(now, _due);
        while (early >= ShortestPause && !IsHurried)
        {
            await PauseAsync(early < LongestPause ? early : LongestPause, token)
                .ConfigureAwait(false);
            early = time.GetElapsedTime(time.GetTimestamp(), _due);
        }
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken token)
    {
        using CancellationTokenSource either =
            CancellationTokenSource.CreateLinkedTokenSource(token, HurryToken);
        try
        {
            await scheduler.Until(Task.Delay(pause, time, either.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // Somebody waits.
        }
    }
}
