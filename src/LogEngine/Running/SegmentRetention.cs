using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Telemetry;

namespace LogEngine.Running;

/// <summary>
/// Keeps a log within its retention. It only chooses the first sequence to keep; the rest is the truncation
/// that callers have, with its argument for crashes.
/// </summary>
/// <remarks>
/// The thread that commits asks for a pass when it has begun a segment, the clock does from time to time; a
/// pass runs on the pool, one at a time. One that is asked for while another runs follows it.
/// </remarks>
internal sealed class SegmentRetention
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromHours(1);

    private readonly LogLifetime _log;
    private readonly LogRetention _limits;
    private readonly IFileSystem _files;
    private readonly IScheduler _scheduler;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly TimeSpan _period;
    private readonly Lock _gate = new();

    /// <summary>Under the gate: the pass that runs, or the last that ran.</summary>
    private Task _pass = Task.CompletedTask;
    private bool _isRunning;
    private bool _isAskedAgain;
    private bool _isStopped;

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
        _scheduler = scheduler;
        _time = time;
        log.Writer.View.SegmentBegun = Request;
        TimeSpan eighth = (limits.MaxAge ?? LongestPeriod) / 8;
        _period = eighth < LongestPeriod ? eighth : LongestPeriod;
        _timer = time.CreateTimer(
            _ => Request(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Request();
    }

    /// <summary>Nothing of it runs any more on return.</summary>
    internal async Task StopAsync()
    {
        Task pass;
        lock (_gate)
        {
            _isStopped = true;
            pass = _pass;
        }

        _log.Writer.View.SegmentBegun = null;
        await _timer.DisposeAsync().ConfigureAwait(false);
        await _scheduler.Until(pass).ConfigureAwait(false);
    }

    private void Request()
    {
        lock (_gate)
        {
            if (_isStopped)
            {
                return;
            }

            if (_isRunning)
            {
                _isAskedAgain = true;
                return;
            }

            _isRunning = true;
            _pass = _scheduler.Run(RunAsync, CancellationToken.None).Unwrap();
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            await PassAsync().ConfigureAwait(false);
            lock (_gate)
            {
                if (!_isAskedAgain || _isStopped)
                {
                    _isRunning = false;
                    break;
                }

                _isAskedAgain = false;
            }
        }

        _timer.Change(_period, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Fails alone: what could not be removed is looked at again.</summary>
    private async Task PassAsync()
    {
        LogView view = _log.Writer.View;
        try
        {
            // The map first: whatever was durable by then is durable at the number read after it.
            SegmentMap map = view.Map;
            int removable = RetentionChoice.CountRemovable(map, view.Durable);
            int count = Math.Max(
                _limits.MaxBytes is { } bytes
                    ? RetentionChoice.CountByBytes(map, removable, bytes)
                    : 0,
                _limits.MaxAge is { } age ? CountByAge(map, removable, age) : 0);
            if (count == 0)
            {
                return;
            }

            long removed = map.Segments.Take(count).Sum(s => s.ReadableEnd);
            long first = map.Segments[count - 1].LastSequence + 1;
            await _log.TruncateBeforeAsync(first, CancellationToken.None).ConfigureAwait(false);
            LogMetrics.NoteRemoved(view.Directory, removed);
            LogEvents.RetentionApplied(_log.Logger, count, removed, view.Directory, first);
        }
        catch (ObjectDisposedException)
        {
            // The log was closed meanwhile; the next opening looks again.
        }
        catch (LogEngineException error)
        {
            LogEvents.RetentionFailed(_log.Logger, view.Directory, error);
        }
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
