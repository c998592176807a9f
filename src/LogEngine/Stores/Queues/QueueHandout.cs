namespace LogEngine.Stores.Queues;

/// <summary>Messages on their way to receivers, and the line of those who wait.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class QueueHandout(QueueGate gate)
{
    /// <summary>Takes messages to be delivered.</summary>
    /// <param name="user">The object of the queue that is asked.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="waits">Where there is none: whether to stand in line.</param>
    /// <param name="waiter">The place in line.</param>
    internal List<Lease> Take(
        QueueUser user, int most, bool waits, out LinkedListNode<TaskCompletionSource>? waiter)
    {
        List<Lease> taken = [];
        QueueNews news;
        waiter = null;
        lock (gate.Lock)
        {
            if (TryBegin_NeedsLock(user, out int moved, out news))
            {
                while (taken.Count < most && gate.Book.TryTake(user) is { } lease)
                {
                    taken.Add(lease);
                }

                waiter = taken.Count == 0 && waits ? gate.Waiters.Add(user) : null;
                news = gate.Follow_NeedsLock(moved - taken.Count);
            }
        }

        news.Announce();
        ObjectDisposedException.ThrowIf(taken.Count == 0 && user.IsClosed, typeof(DurableQueue));
        return taken;
    }

    /// <summary>Takes one message to be delivered; null where there is none.</summary>
    /// <param name="user">The object of the queue that is asked.</param>
    /// <param name="waits">Where there is none: whether to stand in line.</param>
    /// <param name="waiter">The place in line.</param>
    internal Lease? TakeOne(
        QueueUser user, bool waits, out LinkedListNode<TaskCompletionSource>? waiter)
    {
        QueueNews news;
        Lease? lease = null;
        waiter = null;
        lock (gate.Lock)
        {
            if (TryBegin_NeedsLock(user, out int moved, out news))
            {
                lease = gate.Book.TryTake(user);
                waiter = lease is null && waits ? gate.Waiters.Add(user) : null;
                news = gate.Follow_NeedsLock(moved - 1);
            }
        }

        news.Announce();
        ObjectDisposedException.ThrowIf(lease is null && user.IsClosed, typeof(DurableQueue));
        return lease;
    }

    /// <summary>Leaves the line; false where it has been woken meanwhile.</summary>
    internal bool Leave(LinkedListNode<TaskCompletionSource> waiter)
    {
        lock (gate.Lock)
        {
            return gate.Waiters.Remove(waiter);
        }
    }

    /// <summary>Hands on a wake that its receiver has no use for.</summary>
    internal void PassOn()
    {
        QueueNews news;
        lock (gate.Lock)
        {
            news = gate.Follow_NeedsLock(1);
        }

        news.Announce();
    }

    /// <summary>The attempt is counted: the lease begins. Null where a purge took the message.</summary>
    internal LeaseToken? Activate(Lease lease, TimeSpan duration)
    {
        lock (gate.Lock)
        {
            if (lease.State == LeaseState.Ended)
            {
                return null;
            }

            lease.CountDelivery();
            lease.ExpiresAt = gate.Clock.After(duration);
            LeaseToken token = gate.Book.Leases.Activate(lease);
            gate.Arm_NeedsLock();
            gate.Book.Counters.Delivered++;
            gate.Book.Counters.Redelivered += lease.Entry.Deliveries > 1 ? 1 : 0;
            return token;
        }
    }

    /// <summary>The next messages, without taking them.</summary>
    internal List<QueueEntry> Peek(QueueUser user, int most)
    {
        QueueNews news;
        List<QueueEntry> found;
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            news = gate.Advance_NeedsLock();
            found = gate.Book.Peek(most);
        }

        news.Announce();
        return found;
    }

    /// <summary>
    /// False where the object of the queue is closed. Whoever was woken to receive then hands the wake
    /// on: the message is for somebody who waits on another object.
    /// </summary>
    private bool TryBegin_NeedsLock(QueueUser user, out int moved, out QueueNews news)
    {
        moved = 0;
        news = default;
        if (user.IsClosed)
        {
            news = gate.Follow_NeedsLock(1);
            return false;
        }

        EngineEnd.ThrowIf(gate.Ended);
        moved = gate.Book.Advance();
        return true;
    }
}
