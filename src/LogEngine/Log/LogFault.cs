namespace LogEngine.Log;

/// <summary>
/// The end of a log's writing life: the first failure of a write or a sync of a log file, by anyone.
/// From then on every append fails with it. A sync is never tried again.
/// </summary>
internal sealed class LogFault
{
    private readonly CommitQueue _queue;
    private readonly LogView _view;
    private readonly IScheduler _scheduler;
    private readonly Action<Exception> _told;
    private readonly TaskCompletionSource<StorageFaultedException> _faulted =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly TaskCompletionSource _drained =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="queue">Whose appends fail with it.</param>
    /// <param name="view">Whose readers hear of it.</param>
    /// <param name="scheduler">Runs what waits.</param>
    /// <param name="told">Told of it last, in no lock; must only note it.</param>
    internal LogFault(
        CommitQueue queue, LogView view, IScheduler scheduler, Action<Exception> told)
    {
        _told = told;
        _queue = queue;
        _view = view;
        _scheduler = scheduler;
    }

    /// <summary>Completes with the first cause.</summary>
    internal Task<StorageFaultedException> Faulted => _faulted.Task;

    /// <summary>Completes when the log is sealed, or fails with the fault.</summary>
    internal Task Drained => _drained.Task;

    internal bool IsSet
    {
        get
        {
            lock (_queue.Gate)
            {
                return _queue.FaultCause is not null;
            }
        }
    }

    /// <summary>A fresh exception around the first cause; null while sound.</summary>
    internal StorageFaultedException? Current
    {
        get
        {
            lock (_queue.Gate)
            {
                return _queue.FaultCause is null ? null : _queue.NewFault_NeedsLock();
            }
        }
    }

    /// <summary>A fresh exception around the first cause, which is there.</summary>
    /// <param name="mayBeWritten">Whether what the caller appends has been admitted.</param>
    internal StorageFaultedException New(bool mayBeWritten = false)
    {
        lock (_queue.Gate)
        {
            return _queue.NewFault_NeedsLock(mayBeWritten);
        }
    }

    /// <summary>Faults the log, unless it is; whoever waits for anything gets the fault.</summary>
    internal void Set(Exception cause)
    {
        Group? group;
        AppendWaiter? open;
        AppendWaiter? late;
        AppendWaiter? waiting;
        List<TaskCompletionSource> durableWaits;
        StorageFaultedException fault;
        lock (_queue.Gate)
        {
            if (_queue.FaultCause is not null)
            {
                return;
            }

            _queue.FaultCause = cause;
            fault = new StorageFaultedException(_view.Directory, cause);
            group = _queue.OpenGroup_NeedsLock;
            open = group?.Waiters.TakeAll();
            late = group?.Late.TakeAll();
            waiting = _queue.Waiting.TakeAll();
            durableWaits = _queue.DurableWaits.TakeAll_NeedsLock();
            FailDrain_NeedsLock();
        }

        // Whoever hears of it may reuse his memory at once: nobody may be copying from it.
        group?.WaitCopied();
        _faulted.TrySetResult(fault);
        Completions.FailAll(open, this, _scheduler);
        Completions.FailAll(late, this, _scheduler);
        Completions.FailWaiting(waiting, this, _scheduler);
        foreach (TaskCompletionSource wait in durableWaits)
        {
            wait.TrySetException(New());
        }

        _view.Changed.Pulse();
        _told(fault);
    }

    /// <summary>The log is sealed.</summary>
    internal void SetDrained() => _drained.TrySetResult();

    /// <summary>If the log is faulted and being closed, closing fails with the fault.</summary>
    internal void FailDrain_NeedsLock()
    {
        if (_queue.FaultCause is not null && _queue.IntakeStopped)
        {
            _drained.TrySetException(_queue.NewFault_NeedsLock());
        }
    }
}
