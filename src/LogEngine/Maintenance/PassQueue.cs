using LogEngine.Log;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Maintenance;

/// <summary>
/// Runs passes of background work on the pool, one at a time. A pass that is asked for while one
/// runs follows it: the one that runs may have looked already at what has changed since.
/// </summary>
/// <remarks>
/// A pass that fails degrades: it is shown in the statistics and tried again when it is asked for
/// next. It never faults the engine, which a failing log file does by itself.
/// </remarks>
internal sealed class PassQueue : IThreadPoolWorkItem
{
    private readonly IScheduler _scheduler;
    private readonly Func<CancellationToken, Task> _pass;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private int _state = (int)State.Idle;
    private volatile string? _failure;

    internal PassQueue(
        IScheduler scheduler,
        Func<CancellationToken, Task> pass,
        ILogger logger,
        CancellationToken stopping)
    {
        _scheduler = scheduler;
        _pass = pass;
        _logger = logger;
        _stopping = stopping;
    }

    private enum State
    {
        Idle,

        /// <summary>Will look at everything when it begins.</summary>
        Queued,
        Running,

        /// <summary>Running, and asked for again since it began.</summary>
        RunningAskedAgain,
    }

    /// <summary>What went wrong in the last pass; null while it is well.</summary>
    internal string? Failure => _failure;

    /// <summary>Asks for a pass that begins after this call. Cheap; any thread.</summary>
    internal void Request()
    {
        while (true)
        {
            State seen = (State)Volatile.Read(ref _state);
            if (seen is State.Queued or State.RunningAskedAgain)
            {
                return;
            }

            if (TryChange(seen, seen == State.Idle ? State.Queued : State.RunningAskedAgain))
            {
                if (seen == State.Idle)
                {
                    _scheduler.Queue(this);
                }

                return;
            }
        }
    }

    /// <summary>Nobody awaits it: what goes wrong in a pass is kept, and logged, by the pass.</summary>
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        Volatile.Write(ref _state, (int)State.Running);
        try
        {
            await _pass(_stopping).ConfigureAwait(false);
            _failure = null;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Closing.
        }
        catch (Exception error)
        {
            // Whatever it was: reading and writing go on, and the statistics say it.
            _failure = error.Message;
            LogEvents.MaintenanceFailed(_logger, error);
        }
        finally
        {
            if (!TryChange(State.Running, State.Idle))
            {
                Volatile.Write(ref _state, (int)State.Queued);
                _scheduler.Queue(this);
            }
        }
    }

    private bool TryChange(State from, State to) =>
        Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
}

/// <summary>Asks for a pass at a time, also where nobody writes.</summary>
internal sealed class PassTimer : IDisposable
{
    private readonly ITimer _timer;

    internal PassTimer(TimeProvider time, Action request) => _timer = time.CreateTimer(
        _ => request(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    /// <summary>Instead of what was set before; null for never.</summary>
    internal void Set(TimeSpan? due) =>
        _timer.Change(due ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Dispose() => _timer.Dispose();
}
