namespace LogEngine.Log;

/// <summary>Tells everybody what became of a group: those who wait for it, and those who read.</summary>
internal sealed class Acknowledgement
{
    private readonly CommitQueue _queue;
    private readonly LogView _view;
    private readonly LogFault _fault;
    private readonly IScheduler _scheduler;
    private readonly IGroupObserver? _observer;
    private readonly FlightGauge? _gauge;

    internal Acknowledgement(CommitParts parts)
    {
        _queue = parts.Queue;
        _view = parts.View;
        _fault = parts.Fault;
        _scheduler = parts.Scheduler;
        _observer = parts.Observer;
        _gauge = parts.Gauge;
    }

    /// <summary>
    /// A group is as durable as its members asked: completes them; false where the log has been faulted by
    /// somebody else meanwhile, after which nothing is acknowledged.
    /// </summary>
    internal bool Complete(Group group)
    {
        AppendWaiter? waiters = group.Waiters.TakeAll();
        if (!Announce())
        {
            Completions.FailAll(waiters, _fault, _scheduler);
            return false;
        }

        _gauge?.Note(group.WaiterCount, group.Waited);
        Completions.CompleteAll(waiters, group.WaiterCount, _scheduler);
        return true;
    }

    /// <summary>A group could not be made what its members asked for: faults the log.</summary>
    internal void Fail(Group group, Exception cause)
    {
        AppendWaiter? waiters = group.Waiters.TakeAll();
        AppendWaiter? late = group.Late.TakeAll();
        _fault.Set(cause);
        _observer?.Discard();
        Completions.FailAll(waiters, _fault, _scheduler);
        Completions.FailAll(late, _fault, _scheduler);
    }

    /// <summary>Tells those who wait for durability and those who read; false where faulted.</summary>
    internal bool Announce()
    {
        List<TaskCompletionSource>? done;
        lock (_queue.Gate)
        {
            if (_queue.FaultCause is not null)
            {
                return false;
            }

            done = _queue.DurableWaits.TakeDone_NeedsLock(_view.Durable);
        }

        if (done is not null)
        {
            foreach (TaskCompletionSource wait in done)
            {
                wait.TrySetResult();
            }
        }

        _view.Changed.Pulse();
        return true;
    }
}
