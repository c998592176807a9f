using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>Steps of a relocation on their way to the log, as many as do not matter there.</summary>
/// <remarks>
/// One at a time where commits are short: then a step is a good part of one. Where commits take
/// milliseconds, because much is written by others, a few more add little to them, and one at a time
/// would leave compaction behind. Their order does not matter: each is judged by itself. Not
/// thread-safe.
/// </remarks>
internal sealed class StepsInFlight(IScheduler scheduler, Appender appender, TimeProvider time)
{
    private const int Most = 8;

    /// <summary>A commit that takes so long has room for one more step.</summary>
    private static readonly TimeSpan RoomForOne = TimeSpan.FromMilliseconds(2);

    private readonly Queue<(Task<TimeSpan> Commit, long Bytes)> _pending = new();
    private int _allowed = Most / 2;

    /// <summary>Bytes of records written so far.</summary>
    internal long WrittenBytes { get; private set; }

    /// <summary>Sends a step; waits first where there are enough on their way.</summary>
    internal async Task SendAsync(RelocationBatch step)
    {
        while (_pending.Count >= _allowed)
        {
            await CompleteOneAsync().ConfigureAwait(false);
        }

        if (!step.IsEmpty)
        {
            _pending.Enqueue((CommitAsync(step), step.Bytes));
        }
    }

    /// <summary>Waits for all of them.</summary>
    internal async Task CompleteAsync()
    {
        while (_pending.Count > 0)
        {
            await CompleteOneAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Waits until none is on its way, whatever becomes of them.</summary>
    internal async Task EndAsync()
    {
        Task all = Task.WhenAll(_pending.Select(p => p.Commit));
        _pending.Clear();
        await scheduler.Until(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<TimeSpan> CommitAsync(RelocationBatch step)
    {
        long begun = time.GetTimestamp();
        await scheduler.Until(appender.AppendLateAsync(
            step, Durability.ProcessCrash, CancellationToken.None).AsTask())
            .ConfigureAwait(false);
        return time.GetElapsedTime(begun);
    }

    private async Task CompleteOneAsync()
    {
        (Task<TimeSpan> commit, long bytes) = _pending.Dequeue();
        await scheduler.Until(commit).ConfigureAwait(false);
        TimeSpan took = await commit.ConfigureAwait(false);
        _allowed = (int)Math.Clamp(1 + (took / RoomForOne), 1, Most);
        WrittenBytes += bytes;
    }
}
