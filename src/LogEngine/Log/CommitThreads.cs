namespace LogEngine.Log;

/// <summary>The threads that look for work; those that are parked must be woken for it.</summary>
internal sealed class CommitThreads
{
    private readonly CommitQueue _queue;
    private readonly IScheduler _scheduler;

    /// <summary>Set once, under the gate.</summary>
    private CommitThread[] _threads = [];

    internal CommitThreads(CommitQueue queue, IScheduler scheduler)
    {
        _queue = queue;
        _scheduler = scheduler;
    }

    internal IReadOnlyList<CommitThread> All => _threads;

    /// <summary>Starts one thread for each group that may be in flight.</summary>
    internal void Start(Func<CommitThread, bool> step)
    {
        CommitThread[] threads = new CommitThread[_queue.MaxInFlight];
        for (int i = 0; i < threads.Length; i++)
        {
            threads[i] = new CommitThread(step, _scheduler, $"LogEngine committer {i + 1}");
        }

        lock (_queue.Gate)
        {
            _threads = threads;
        }
    }

    /// <summary>
    /// The thread that the caller must wake after leaving the gate; null where one is at it, or where only a
    /// landing makes way, behind which somebody looks for work anyhow.
    /// </summary>
    internal CommitThread? TakeParked_NeedsLock()
    {
        if (_queue.IsCommitting || _queue.InFlight >= _queue.FlightLimit)
        {
            return null;
        }

        CommitThread? parked = null;
        foreach (CommitThread thread in _threads)
        {
            if (thread is { IsParked: false, IsFlying: false })
            {
                // It is about to look for work by itself.
                return null;
            }

            parked ??= thread.IsParked ? thread : null;
        }

        if (parked is null
            || (_queue.InFlight > 0
                && (_queue.OpenGroup_NeedsLock is not { } open || !_queue.IsPlain_NeedsLock(open))))
        {
            return null;
        }

        parked.IsParked = false;
        return parked;
    }

    /// <summary>There may be something to do: wakes one that sleeps, unless another is at it.</summary>
    internal void WakeOne()
    {
        CommitThread? wake;
        lock (_queue.Gate)
        {
            wake = TakeParked_NeedsLock();
        }

        wake?.Wake();
    }

    internal async Task StopAsync()
    {
        foreach (CommitThread thread in _threads)
        {
            await thread.StopAsync().ConfigureAwait(false);
        }
    }
}
