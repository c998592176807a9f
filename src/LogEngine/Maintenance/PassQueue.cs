using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>
/// Runs passes of background work on the pool, one at a time, when they are asked for and by the clock. A pass that
/// is asked for while one runs follows it: the one that runs may have looked already at what has changed since.
/// </summary>
/// <remarks>
/// A pass that fails, whatever the error, degrades: it is told, and tried again when it is asked for next, or at
/// a time. It never faults the engine, which a failing log file does by itself.
/// </remarks>
internal sealed class PassQueue : IThreadPoolWorkItem
{
    private readonly IScheduler _scheduler;
    private readonly Func<CancellationToken, Task<TimeSpan?>> _pass;
    private readonly Func<Exception, TimeSpan?> _failed;
    private readonly SerialTasks _serial = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly ITimer _timer;
    private int _state = (int)State.Idle;
    private volatile string? _failure;

    /// <param name="scheduler">Runs them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="pass">
    /// One pass. Gives the time after which the next is due although nobody asks: zero for at once, null for never.
    /// </param>
    /// <param name="failed">Told of one that failed; gives when to try again, null where somebody will ask.</param>
    internal PassQueue(
        IScheduler scheduler,
        TimeProvider time,
        Func<CancellationToken, Task<TimeSpan?>> pass,
        Func<Exception, TimeSpan?> failed)
    {
        _scheduler = scheduler;
        _pass = pass;
        _failed = failed;
        _timer = time.CreateTimer(
            _ => Request(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

    /// <summary>Cancelled once <see cref="StopAsync"/> was called.</summary>
    internal CancellationToken Stopping => _stopping.Token;

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

    /// <summary>Runs other work between passes, in the order in which it was asked for.</summary>
    internal Task<T> RunBetweenAsync<T>(Func<Task<T>> work) => _serial.RunAsync(work);

    /// <summary>Ends after the present step. Nothing runs any more on return.</summary>
    internal async Task StopAsync()
    {
        // In place, not on a thread of the pool: what it ends goes on here.
        await _scheduler.Run(_stopping.Cancel, CancellationToken.None).ConfigureAwait(false);
        await _scheduler.Until(_serial.RunAsync(() => Task.FromResult(true)))
            .ConfigureAwait(false);
        _timer.Dispose();
    }

    /// <summary>The process that it ran in is dead: nothing wakes it any more. Simulations only.</summary>
    internal void Abandon() => _timer.Dispose();

    /// <summary>Nobody awaits it: what goes wrong in a pass is kept, and told, by the pass.</summary>
    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        Volatile.Write(ref _state, (int)State.Running);
        try
        {
            await _serial.RunAsync(PassAsync).ConfigureAwait(false);
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

    /// <summary>False where it is stopping.</summary>
    private async Task<bool> PassAsync()
    {
        try
        {
            _stopping.Token.ThrowIfCancellationRequested();
            TimeSpan? next = await _pass(_stopping.Token).ConfigureAwait(false);
            _failure = null;
            if (next == TimeSpan.Zero)
            {
                Request();
            }
            else
            {
                Set(next);
            }

            return true;
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception error)
        {
            // Whatever it was: reading and writing go on.
            _failure = error.Message;
            if (_failed(error) is { } retry)
            {
                Set(retry);
            }

            return true;
        }
    }

    private void Set(TimeSpan? due) =>
        _timer.Change(due ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    private bool TryChange(State from, State to) =>
        Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
}
