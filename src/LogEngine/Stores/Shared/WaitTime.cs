namespace LogEngine.Stores.Shared;

/// <summary>How long somebody waits in line, on the monotonic clock.</summary>
internal readonly struct WaitTime
{
    /// <summary>Timers do not take longer ones: a long wait is several.</summary>
    private static readonly TimeSpan LongestAtOnce = TimeSpan.FromDays(1);

    private readonly TimeSpan _wait;
    private readonly TimeProvider _time;
    private readonly long _started;

    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="time">The clock.</param>
    internal WaitTime(TimeSpan wait, TimeProvider time)
    {
        _wait = wait;
        _time = time;
        _started = wait == TimeSpan.Zero ? 0 : time.GetTimestamp();
    }

    /// <summary>Whether there is time to wait.</summary>
    internal bool IsLeft => IsForEver || Left > TimeSpan.Zero;

    private bool IsForEver => _wait == Timeout.InfiniteTimeSpan;

    private TimeSpan Left =>
        _wait == TimeSpan.Zero ? _wait : _wait - _time.GetElapsedTime(_started);

    /// <exception cref="ArgumentOutOfRangeException">It is negative, and not for ever.</exception>
    internal static void Check(TimeSpan wait)
    {
        if (wait < TimeSpan.Zero && wait != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(wait), wait, "The wait is negative.");
        }
    }

    /// <summary>Waits for a task, as long as there is time, or a part of it.</summary>
    /// <param name="task">The task.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="atMost">How long this time; null for as long as there is time.</param>
    /// <exception cref="TimeoutException">The time, or a part of it, has passed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    internal Task WaitAsync(
        Task task, CancellationToken cancellationToken, TimeSpan? atMost = null)
    {
        if (IsForEver && atMost is null)
        {
            return task.WaitAsync(cancellationToken);
        }

        TimeSpan longest = atMost ?? LongestAtOnce;
        TimeSpan left = IsForEver ? longest : Left;
        left = left < longest ? left : longest;
        return task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, _time, cancellationToken);
    }
}
