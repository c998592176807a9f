using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>Messages on their way to receivers, and the line of those who wait.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class QueueHandout(QueueGate gate)
{
    /// <summary>Takes messages to be delivered.</summary>
    /// <param name="user">The object of the queue that is asked.</param>
    /// <param name="into">Receives them.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="waits">Where there is none: whether to stand in line.</param>
    /// <param name="waiter">The place in line.</param>
    internal void Take(
        QueueUser user, List<Lease> into, int most, bool waits, out Waiter? waiter)
    {
        QueueNews news;
        waiter = null;
        lock (gate.Lock)
        {
            if (TryBegin_NeedsLock(user, out int moved, out news))
            {
                while (into.Count < most && gate.Book.TryTake(user) is { } lease)
                {
                    into.Add(lease);
                }

                waiter = into.Count == 0 && waits ? gate.Waiters.Add(user) : null;
                news = gate.Follow_NeedsLock(moved - into.Count);
            }
        }

        news.Announce();
        ObjectDisposedException.ThrowIf(into.Count == 0 && user.IsClosed, typeof(DurableQueue));
    }

    /// <summary>Leaves the line; false where it has been woken meanwhile.</summary>
    internal bool Leave(Waiter waiter)
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

    /// <summary>
    /// What has to be counted first is: the leases begin. Messages that a purge took are taken out.
    /// </summary>
    internal void Activate(Handover handover, TimeSpan duration)
    {
        (List<Lease> leases, List<ReadBody> bodies) = (handover.Leases, handover.Bodies);
        QueueNews news;
        int begun = 0;
        lock (gate.Lock)
        {
            long expiresAt = gate.Clock.After(duration);
            for (int i = 0; i < leases.Count; i++)
            {
                if (leases[i].State != LeaseState.Ended)
                {
                    Activate_NeedsLock(leases[i], expiresAt);
                    (leases[begun], bodies[begun]) = (leases[i], bodies[i]);
                    begun++;
                }
            }

            news = gate.Follow_NeedsLock(0);
        }

        news.Announce();
        leases.RemoveRange(begun, leases.Count - begun);
        bodies.RemoveRange(begun, bodies.Count - begun);
    }

    internal LeaseToken TokenOf(Lease lease) => gate.Book.Leases.TokenOf(lease);

    /// <summary>The message that was enqueued first of those that are ready; null for none.</summary>
    internal QueueEntry? PeekOldest(QueueUser user)
    {
        QueueNews news;
        QueueEntry? found;
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            news = gate.Advance_NeedsLock();
            found = gate.Book.TryPeekOldest(out QueueEntry oldest) ? oldest : null;
        }

        news.Announce();
        return found;
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

    private void Activate_NeedsLock(Lease lease, long expiresAt)
    {
        lease.CountDelivery();
        lease.ExpiresAt = expiresAt;
        gate.Book.Leases.Activate(lease);
        gate.Book.Counts.Delivered(lease);
        gate.Book.Counters.Delivered++;
        gate.Book.Counters.Redelivered += lease.Entry.Deliveries > 1 ? 1 : 0;
    }
}
