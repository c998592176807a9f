using LogEngine.Log;
using LogEngine.Maintenance;
using LogEngine.Storage;
using LogEngine.Telemetry;

namespace LogEngine.Running;

/// <summary>
/// Keeps a log within its retention. It only chooses the first sequence to keep; the rest is the truncation
/// that callers have, with its argument for crashes.
/// </summary>
/// <remarks>
/// The thread that commits asks for a pass when it has begun a segment, the clock does from time to time. What
/// fails is told, and looked at again at the next of them.
/// </remarks>
internal sealed class SegmentRetention
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromHours(1);

    private readonly LogLifetime _log;
    private readonly LogRetention _limits;
    private readonly IFileSystem _files;
    private readonly TimeProvider _time;
    private readonly TimeSpan _period;
    private readonly PassQueue _passes;

    internal SegmentRetention(
        LogLifetime log,
        LogRetention limits,
        IFileSystem files,
        IScheduler scheduler,
        TimeProvider time)
    {
        _log = log;
        _limits = limits;
        _files = files;
        _time = time;
        TimeSpan eighth = (limits.MaxAge ?? LongestPeriod) / 8;
        _period = eighth < LongestPeriod ? eighth : LongestPeriod;
        _passes = new PassQueue(scheduler, time, PassAsync, NoteFailed);
    }

    /// <summary>Begins to follow the log.</summary>
    internal void Start()
    {
        _log.Writer.View.SegmentBegun = _passes.Request;
        _passes.Request();
    }

    /// <summary>Nothing of it runs any more on return.</summary>
    internal Task StopAsync()
    {
        _log.Writer.View.SegmentBegun = null;
        return _passes.StopAsync();
    }

    private async Task<TimeSpan?> PassAsync(CancellationToken stopping)
    {
        // The map first: whatever was durable by then is durable at the number read after it.
        LogView view = _log.Writer.View;
        SegmentMap map = view.Map;
        int removable = RetentionChoice.CountRemovable(map, view.Durable);
        int count = Math.Max(
            _limits.MaxBytes is { } bytes
                ? RetentionChoice.CountByBytes(map, removable, bytes)
                : 0,
            _limits.MaxAge is { } age ? CountByAge(map, removable, age) : 0);
        if (count > 0)
        {
            long removed = map.Segments.Take(count).Sum(s => s.ReadableEnd);
            long first = map.Segments[count - 1].LastSequence + 1;
            await _log.TruncateBeforeAsync(first, stopping).ConfigureAwait(false);
            LogMetrics.NoteRemoved(view.Directory, removed);
            LogEvents.RetentionApplied(_log.Logger, count, removed, view.Directory, first);
        }

        return _period;
    }

    private TimeSpan? NoteFailed(Exception error)
    {
        LogEvents.RetentionFailed(_log.Logger, _log.Writer.View.Directory, error);
        return _period;
    }

    /// <summary>Damage in what is old keeps it, and is told; it does not keep bytes from being limited.</summary>
    private int CountByAge(SegmentMap map, int removable, TimeSpan age)
    {
        LogView view = _log.Writer.View;
        try
        {
            long now = _time.GetUtcNow().UtcTicks;
            return RetentionChoice.CountByAge(
                view, map, removable, _files, now - Math.Min(now, age.Ticks));
        }
        catch (LogEngineException error)
        {
            LogEvents.RetentionFailed(_log.Logger, view.Directory, error);
            return 0;
        }
    }
}
