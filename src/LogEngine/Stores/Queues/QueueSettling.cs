namespace LogEngine.Stores.Queues;

/// <summary>Leases on their way to their end.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class QueueSettling(QueueGate gate)
{
    /// <summary>Begins to settle a lease: it cannot expire until this is reported.</summary>
    /// <exception cref="LeaseLostException">It is not current.</exception>
    internal Lease Begin(QueueUser user, LeaseToken token)
    {
        QueueNews news;
        Lease? lease;
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            news = gate.Advance_NeedsLock();
            lease = gate.Book.Leases.Find(token);
            if (lease is not null)
            {
                gate.Book.Leases.BeginSettling(lease, user);
                gate.Book.Counts.BeginEnd(lease);
            }
        }

        news.Announce();
        return lease ?? throw new LeaseLostException(gate.Name, token);
    }

    /// <summary>It failed: the lease goes on as it was.</summary>
    internal void Cancel(Lease lease)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            if (lease.State != LeaseState.Ended)
            {
                gate.Book.Leases.Activate(lease);
                gate.Book.Counts.CancelEnd(lease);
            }

            news = gate.Follow_NeedsLock(0);
        }

        news.Announce();
    }

    /// <summary>
    /// The message is gone. Only now, when that is as durable as was asked for, may the next one of its
    /// group be delivered.
    /// </summary>
    internal void End(Lease lease, MessageEnd end)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            if (gate.Book.End(lease))
            {
                gate.Book.Counters.Count(end);
            }

            news = gate.Follow_NeedsLock(lease.Entry.Group is null ? 0 : 1);
        }

        news.Announce();
    }

    /// <summary>The message goes back, at once or to wait until then, which is written.</summary>
    internal void NegativelyAcknowledged(Lease lease, long notBeforeTicks)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            gate.Book.Counters.NegativelyAcknowledged++;
            lease.OwesCount &= notBeforeTicks == 0;
            gate.Book.Return(lease, notBeforeTicks);
            news = gate.Follow_NeedsLock(1);
        }

        news.Announce();
    }

    /// <summary>Nobody has the message any more: it goes back, at once or to wait until then.</summary>
    internal void Return(Lease lease, long notBeforeTicks)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            gate.Book.Return(lease, notBeforeTicks);
            news = gate.Follow_NeedsLock(1);
        }

        news.Announce();
    }

    /// <summary>Whether a lease can be settled.</summary>
    internal bool IsCurrent(LeaseToken token)
    {
        lock (gate.Lock)
        {
            return gate.Book.Leases.Find(token) is { } lease
                && lease.ExpiresAt > gate.Clock.Timestamp;
        }
    }

    /// <summary>Whether a lease can be settled, or is being settled.</summary>
    internal bool IsAlive(LeaseToken token)
    {
        lock (gate.Lock)
        {
            return gate.Book.Leases.IsSettling(token)
                || (gate.Book.Leases.Find(token) is { } lease
                    && lease.ExpiresAt > gate.Clock.Timestamp);
        }
    }

    /// <summary>Lets a current lease run anew.</summary>
    internal bool TryRenew(QueueUser user, LeaseToken token, TimeSpan duration)
    {
        QueueNews news;
        bool found;
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            news = gate.Advance_NeedsLock();
            Lease? lease = gate.Book.Leases.Find(token);
            found = lease is not null;
            if (lease is not null)
            {
                gate.Book.Leases.Renew(lease, gate.Clock.After(duration));
            }
        }

        news.Announce();
        return found;
    }

    /// <summary>Gives a lease up, if it is current: its message is ready for somebody else.</summary>
    internal void GiveUp(LeaseToken token)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            if (gate.Book.Leases.Find(token) is { } lease)
            {
                gate.Book.Return(lease, 0);
            }

            news = gate.Follow_NeedsLock(1);
        }

        news.Announce();
    }

    /// <summary>
    /// Takes a message that nobody has, to remove it; null where it is not there, or leased, or on
    /// its way to or from a lease.
    /// </summary>
    /// <param name="user">The object of the queue that removes it.</param>
    /// <param name="entry">The message as its key tells it.</param>
    /// <param name="notBeforeTicks">Until when it waits, should it stay.</param>
    internal Lease? TryClaim(QueueUser user, in QueueEntry entry, out long notBeforeTicks)
    {
        QueueNews news;
        Lease? claim;
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            news = gate.Advance_NeedsLock();
            claim = gate.Book.TryClaim(entry, user, out notBeforeTicks);
        }

        news.Announce();
        return claim;
    }

    /// <summary>Whether a message is leased, or on its way to or from a lease.</summary>
    internal bool IsHeld(QueueUser user, long id)
    {
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            return gate.Book.IsHeld(id);
        }
    }
}
