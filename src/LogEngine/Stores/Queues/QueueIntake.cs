namespace LogEngine.Stores.Queues;

/// <summary>Messages on their way into a queue: room, ids, and what became of them.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class QueueIntake(QueueGate gate)
{
    /// <summary>
    /// Gives one message its id, if nothing but the message has to be written; false where it takes a
    /// batch.
    /// </summary>
    internal bool TryAdmitAlone(QueueUser user, PreparedMessage message)
    {
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            if (!gate.Book.Arriving.HasReserved || message.DedupeKey is not null
                || gate.Book.IsFull(1, message.StoredSize))
            {
                return false;
            }

            gate.Book.Arriving.Begin(message, user);
            return true;
        }
    }

    /// <summary>Gives messages their ids and makes room for them.</summary>
    /// <exception cref="QueueFullException">There is none.</exception>
    internal Admission Admit(QueueUser user, IReadOnlyList<PreparedMessage> messages)
    {
        lock (gate.Lock)
        {
            user.ThrowIfClosed();
            long bytes = messages.Sum(m => (long)m.StoredSize);
            List<Lease> dropped = gate.Book.MakeRoom(messages.Count, bytes, user);
            foreach (PreparedMessage message in messages)
            {
                gate.Book.Arriving.Begin(message, user);
            }

            return new Admission(dropped, gate.Book.Arriving.ToReserve);
        }
    }

    /// <summary>A message is in the log.</summary>
    internal void Arrived(PreparedMessage message, long version)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            gate.Book.Arrive(message, version);
            news = gate.Follow_NeedsLock(message.DueTicks == 0 ? 1 : 0);
        }

        news.Announce();
    }

    /// <summary>Messages are in the log, those in their way are gone.</summary>
    internal void Arrived(
        IReadOnlyList<PreparedMessage> messages, Admission admission, long firstVersion)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            gate.Book.Arriving.NoteReserved(admission.ReserveTo);
            foreach (Lease lease in admission.Dropped)
            {
                gate.Book.End(lease);
                gate.Book.Counters.Count(MessageEnd.Dropped);
            }

            foreach (PreparedMessage message in messages)
            {
                gate.Book.Arrive(message, firstVersion + message.Operation);
            }

            news = gate.Follow_NeedsLock(messages.Count + admission.Dropped.Count);
        }

        news.Announce();
    }

    /// <summary>Messages were not written; what was to be dropped for them stays.</summary>
    internal void NotArrived(IReadOnlyList<PreparedMessage> messages, IReadOnlyList<Lease> dropped)
    {
        QueueNews news;
        lock (gate.Lock)
        {
            foreach (Lease lease in dropped)
            {
                gate.Book.Return(lease, 0);
            }

            foreach (PreparedMessage message in messages)
            {
                gate.Book.Arriving.End(message);
            }

            news = gate.Follow_NeedsLock(dropped.Count);
        }

        news.Announce();
    }

    internal void CountDuplicates(int count)
    {
        lock (gate.Lock)
        {
            gate.Book.Counters.Duplicates += count;
        }
    }
}
