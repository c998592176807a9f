using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// What happens to the messages of a queue, one thing at a time: one state, however many objects of
/// the queue are open on an engine.
/// </summary>
/// <remarks>Thread-safe; <see cref="QueueGate"/> says what is done under its lock.</remarks>
internal sealed class QueueState
{
    private readonly QueueGate _gate;

    internal QueueState(QueueGate gate)
    {
        _gate = gate;
        Intake = new QueueIntake(gate);
        Handout = new QueueHandout(gate);
        Settling = new QueueSettling(gate);
    }

    /// <summary>What the log is told of deliveries.</summary>
    internal AttemptLog Attempts => _gate.Attempts;

    internal QueueIntake Intake { get; }

    internal QueueHandout Handout { get; }

    internal QueueSettling Settling { get; }

    internal void Enter(QueueUser user) => _gate.Enter(user);

    /// <summary>Whether listeners of an object of the queue are told of leases that expire.</summary>
    internal void Listen(QueueUser user, bool listens)
    {
        lock (_gate.Lock)
        {
            user.IsListening = listens && !user.IsClosed;
            _gate.Listen_NeedsLock();
            _gate.Arm_NeedsLock();
        }
    }

    /// <summary>What was written before a sequence has been removed. Gives how many that were.</summary>
    internal long Purged(long version)
    {
        QueueNews news;
        long purged;
        lock (_gate.Lock)
        {
            purged = _gate.Book.Purge(version);

            // Of groups, what came after the purge may have become ready: everybody looks.
            news = _gate.Follow_NeedsLock(_gate.Waiters.Count);
        }

        news.Announce();
        return purged;
    }

    internal QueueStatistics Statistics(long dead)
    {
        QueueNews news;
        QueueStatistics statistics;
        lock (_gate.Lock)
        {
            news = _gate.Advance_NeedsLock();
            statistics = _gate.Book.Statistics(dead);
        }

        news.Announce();
        return statistics;
    }

    internal void CountUnreadable()
    {
        lock (_gate.Lock)
        {
            _gate.Book.Counters.Unreadable++;
        }
    }

    /// <summary>
    /// The engine is closed or faulted: whoever receives, now or later, is told, for nothing will come
    /// any more.
    /// </summary>
    internal void EndWithEngine(Exception cause)
    {
        QueueNews news;
        lock (_gate.Lock)
        {
            _gate.Ended ??= cause;
            news = _gate.Follow_NeedsLock(_gate.Waiters.Count);
        }

        news.Announce();
    }

    /// <summary>
    /// An object of the queue takes nothing more: those who wait on it are woken, and once nothing is
    /// on its way through it, what was received through it and is still leased is ready again. Those
    /// who use another object of the queue notice nothing else.
    /// </summary>
    internal async Task CloseAsync(QueueUser user)
    {
        Task drained;
        Waiter? woken;
        lock (_gate.Lock)
        {
            drained = user.CloseAsync();
            woken = _gate.Waiters.TakeOf(user);
            user.IsListening = false;
            _gate.Leave_NeedsLock(user);
        }

        Waiters.Wake(woken);
        await drained.ConfigureAwait(false);
        QueueNews news;
        lock (_gate.Lock)
        {
            List<Lease> held = [.. _gate.Book.Leases.All.Where(
                lease => lease.Owner == user && lease.State == LeaseState.Active)];
            held.ForEach(lease => _gate.Book.Return(lease, 0));
            news = _gate.Follow_NeedsLock(held.Count);
        }

        news.Announce();
    }

    /// <summary>No object of the queue is open any more.</summary>
    internal void Close() => _gate.Dispose();
}
