namespace LogEngine.Stores.Queues;

/// <summary>What happens to the messages of a queue, one thing at a time, and who waits for it.</summary>
/// <remarks>
/// One lock; under it nothing is awaited, written or completed, and only keys are read. What begins
/// here (an admission, a delivery, a settlement) is carried out by the caller and reported here.
/// </remarks>
internal sealed class QueueState
{
    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly QueueClock _clock;
    private readonly QueueBook _book;
    private readonly ReceiveWaiters _waiters = new();
    private readonly QueueAlarm _alarm;
    private readonly Draining _draining = new();

    /// <summary>What ended the engine under the queue; null while it goes on.</summary>
    private Exception? _ended;

    internal QueueState(
        EmbeddedEngine engine,
        string name,
        QueueOptions options,
        QueueKeyspaces keyspaces,
        QueueScan scan)
    {
        _name = name;
        _clock = new QueueClock(engine.TimeProvider);
        _book = new QueueBook(name, options, keyspaces, _clock, scan, engine.NextRandom());
        _alarm = new QueueAlarm(_clock, OnAlarm);
    }

    /// <summary>
    /// Gives one message its id, if nothing but the message has to be written; false where it takes a
    /// batch.
    /// </summary>
    internal bool TryAdmitAlone(PreparedMessage message)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(DurableQueue));
            if (!_book.Arriving.HasReserved || message.DedupeKey is not null
                || _book.IsFull(1, message.StoredSize))
            {
                return false;
            }

            _book.Arriving.Begin(message);
            return true;
        }
    }

    /// <summary>Gives messages their ids and makes room for them.</summary>
    /// <exception cref="QueueFullException">There is none.</exception>
    internal Admission Admit(IReadOnlyList<PreparedMessage> messages)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(DurableQueue));
            long bytes = messages.Sum(m => (long)m.StoredSize);
            List<Lease> victims = _book.MakeRoom(messages.Count, bytes);
            foreach (PreparedMessage message in messages)
            {
                _book.Arriving.Begin(message);
            }

            return new Admission(victims, _book.Arriving.ToReserve);
        }
    }

    /// <summary>A message is in the log.</summary>
    internal void Arrived(PreparedMessage message, long version)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            _book.Arrive(message, version);
            woken = Wakeable_NeedsLock(message.DueTicks == 0 ? 1 : 0);
        }

        ReceiveWaiters.Wake(woken);
    }

    /// <summary>Messages are in the log, those in their way are gone.</summary>
    internal void Arrived(
        IReadOnlyList<PreparedMessage> messages, Admission admission, long firstVersion)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            _book.Arriving.NoteReserved(admission.ReserveTo);
            foreach (Lease victim in admission.Victims)
            {
                _book.End(victim);
                _book.Counters.Dropped++;
            }

            foreach (PreparedMessage message in messages)
            {
                _book.Arrive(message, firstVersion + message.Operation);
            }

            woken = Wakeable_NeedsLock(messages.Count);
        }

        ReceiveWaiters.Wake(woken);
    }

    /// <summary>Messages were not written; what was to make room stays.</summary>
    internal void NotArrived(IReadOnlyList<PreparedMessage> messages, IReadOnlyList<Lease> victims)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            foreach (Lease victim in victims)
            {
                _book.Return(victim, 0);
            }

            foreach (PreparedMessage message in messages)
            {
                _book.Arriving.End(message);
            }

            woken = Wakeable_NeedsLock(victims.Count);
        }

        ReceiveWaiters.Wake(woken);
    }

    internal void CountDuplicates(int count)
    {
        lock (_gate)
        {
            _book.Counters.Duplicates += count;
        }
    }

    /// <summary>Takes messages to be delivered.</summary>
    /// <param name="most">How many at most.</param>
    /// <param name="waits">Where there is none: whether to stand in line.</param>
    /// <param name="waiter">The place in line.</param>
    internal List<Lease> Take(
        int most, bool waits, out LinkedListNode<TaskCompletionSource>? waiter)
    {
        List<Lease> taken = [];
        List<TaskCompletionSource>? woken;
        waiter = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(DurableQueue));
            ThrowIfEnded_NeedsLock();
            int moved = _book.Advance();
            while (taken.Count < most && _book.TryTake() is { } lease)
            {
                taken.Add(lease);
            }

            if (taken.Count == 0 && waits)
            {
                waiter = _waiters.Add();
            }

            woken = Wakeable_NeedsLock(moved - taken.Count);
        }

        ReceiveWaiters.Wake(woken);
        return taken;
    }

    /// <summary>Takes one message to be delivered; null where there is none.</summary>
    /// <param name="waits">Where there is none: whether to stand in line.</param>
    /// <param name="waiter">The place in line.</param>
    internal Lease? TakeOne(bool waits, out LinkedListNode<TaskCompletionSource>? waiter)
    {
        List<TaskCompletionSource>? woken;
        Lease? lease;
        waiter = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(DurableQueue));
            ThrowIfEnded_NeedsLock();
            int moved = _book.Advance();
            lease = _book.TryTake();
            if (lease is null && waits)
            {
                waiter = _waiters.Add();
            }

            woken = Wakeable_NeedsLock(moved - 1);
        }

        ReceiveWaiters.Wake(woken);
        return lease;
    }

    /// <summary>Leaves the line; false where it has been woken meanwhile.</summary>
    internal bool Leave(LinkedListNode<TaskCompletionSource> waiter)
    {
        lock (_gate)
        {
            return _waiters.Remove(waiter);
        }
    }

    /// <summary>Hands on a wake that its receiver has no use for.</summary>
    internal void PassOn()
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            woken = Wakeable_NeedsLock(1);
        }

        ReceiveWaiters.Wake(woken);
    }

    /// <summary>The attempt is counted: the lease begins. Null where a purge took the message.</summary>
    internal LeaseToken? Activate(Lease lease, TimeSpan duration)
    {
        lock (_gate)
        {
            if (lease.State == LeaseState.Ended)
            {
                return null;
            }

            lease.CountDelivery();
            lease.ExpiresAt = _clock.After(duration);
            LeaseToken token = Activate_NeedsLock(lease);
            _book.Counters.Delivered++;
            _book.Counters.Redelivered += lease.Entry.Deliveries > 1 ? 1 : 0;
            return token;
        }
    }

    /// <summary>Begins to settle a lease: it cannot expire until this is reported.</summary>
    /// <exception cref="LeaseLostException">It is not current.</exception>
    internal Lease Settle(LeaseToken token)
    {
        List<TaskCompletionSource>? woken;
        Lease? lease;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(DurableQueue));
            woken = Wakeable_NeedsLock(_book.Advance());
            lease = _book.Leases.Find(token);
            if (lease is not null)
            {
                _book.Leases.BeginSettling(lease);
            }
        }

        ReceiveWaiters.Wake(woken);
        return lease ?? throw new LeaseLostException(_name, token);
    }

    /// <summary>Whether a lease is current.</summary>
    internal bool IsCurrent(LeaseToken token)
    {
        lock (_gate)
        {
            return _book.Leases.Find(token) is { } lease && lease.ExpiresAt > _clock.Timestamp;
        }
    }

    /// <summary>Lets a current lease run anew.</summary>
    internal bool TryRenew(LeaseToken token, TimeSpan duration)
    {
        List<TaskCompletionSource>? woken;
        bool found;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(DurableQueue));
            woken = Wakeable_NeedsLock(_book.Advance());
            Lease? lease = _book.Leases.Find(token);
            found = lease is not null;
            if (lease is not null)
            {
                _book.Leases.Renew(lease, _clock.After(duration));
            }
        }

        ReceiveWaiters.Wake(woken);
        return found;
    }

    /// <summary>The settlement failed: the lease goes on as it was.</summary>
    internal void Unsettle(Lease lease)
    {
        lock (_gate)
        {
            if (lease.State != LeaseState.Ended)
            {
                Activate_NeedsLock(lease);
            }
        }
    }

    /// <summary>The message is gone; counted as what the caller says.</summary>
    internal void Finish(Lease lease, Action<QueueCounters> count)
    {
        lock (_gate)
        {
            if (_book.End(lease))
            {
                count(_book.Counters);
            }

            _draining.Note(_book.IsStill);
        }
    }

    /// <summary>The message goes back, at once or to wait until then.</summary>
    internal void Return(Lease lease, long notBeforeTicks, bool refused)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            _book.Counters.NegativelyAcknowledged += refused ? 1 : 0;
            _book.Return(lease, notBeforeTicks);
            woken = Wakeable_NeedsLock(1);
        }

        ReceiveWaiters.Wake(woken);
    }

    /// <summary>The next messages, without taking them.</summary>
    internal List<QueueEntry> Peek(int most)
    {
        List<TaskCompletionSource>? woken;
        List<QueueEntry> found;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_draining.HasBegun, typeof(DurableQueue));
            woken = Wakeable_NeedsLock(_book.Advance());
            found = _book.Peek(most);
        }

        ReceiveWaiters.Wake(woken);
        return found;
    }

    /// <summary>What was written before a sequence has been removed. Gives how many that were.</summary>
    internal long Purged(long version)
    {
        lock (_gate)
        {
            long purged = _book.Purge(version);
            _draining.Note(_book.IsStill);
            return purged;
        }
    }

    internal QueueStatistics Statistics(long dead)
    {
        List<TaskCompletionSource>? woken = null;
        QueueStatistics statistics;
        lock (_gate)
        {
            if (!_draining.HasBegun)
            {
                woken = Wakeable_NeedsLock(_book.Advance());
            }

            statistics = _book.Statistics(dead);
        }

        ReceiveWaiters.Wake(woken);
        return statistics;
    }

    internal void CountUnreadable()
    {
        lock (_gate)
        {
            _book.Counters.Unreadable++;
        }
    }

    /// <summary>Gives a lease up, if it is current: its message is ready for somebody else.</summary>
    internal void GiveUp(LeaseToken token)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            if (_book.Leases.Find(token) is { } lease)
            {
                _book.Return(lease, 0);
            }

            woken = Wakeable_NeedsLock(1);
        }

        ReceiveWaiters.Wake(woken);
    }

    /// <summary>
    /// The engine is closed or faulted: whoever receives, now or later, is told, for nothing will come
    /// any more.
    /// </summary>
    internal void EndWithEngine(Exception cause)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            _ended ??= cause;
            woken = _waiters.Take(_waiters.Count);
        }

        ReceiveWaiters.Wake(woken);
    }

    /// <summary>Takes nothing more, ends all waiting, and completes once nothing is on its way.</summary>
    internal Task CloseAsync()
    {
        List<TaskCompletionSource>? woken;
        Task drained;
        lock (_gate)
        {
            woken = _waiters.Take(_waiters.Count);
            drained = _draining.Begin(_book.IsStill);
        }

        _alarm.Dispose();
        ReceiveWaiters.Wake(woken);
        return drained;
    }

    private void ThrowIfEnded_NeedsLock()
    {
        if (_ended is { } cause)
        {
            throw cause is ObjectDisposedException
                ? new ObjectDisposedException(nameof(StorageEngine))
                : cause;
        }
    }

    /// <summary>From now on the lease runs; somebody may be waiting for its end.</summary>
    private LeaseToken Activate_NeedsLock(Lease lease)
    {
        LeaseToken token = _book.Leases.Activate(lease);
        _alarm.Arm_NeedsLock(_waiters.Count, _book.Leases.Expiries, _book.Schedule);
        _draining.Note(_book.IsStill);
        return token;
    }

    /// <summary>
    /// What follows a change: takes out whom to wake, sees to it that the others are woken in time, and
    /// that whoever closes learns when nothing is on its way.
    /// </summary>
    private List<TaskCompletionSource>? Wakeable_NeedsLock(long ready)
    {
        List<TaskCompletionSource>? woken = _waiters.Take(ready);
        _alarm.Arm_NeedsLock(_waiters.Count, _book.Leases.Expiries, _book.Schedule);
        _draining.Note(_book.IsStill);
        return woken;
    }

    private void OnAlarm()
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            if (_draining.HasBegun)
            {
                return;
            }

            _alarm.Rang_NeedsLock();
            woken = Wakeable_NeedsLock(_book.Advance());
        }

        ReceiveWaiters.Wake(woken);
    }
}
