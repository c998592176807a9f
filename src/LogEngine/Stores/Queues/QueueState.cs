namespace LogEngine.Stores.Queues;

/// <summary>
/// Where every message of a queue is, as far as it is not simply in the index: lanes, schedule, leases,
/// enqueues on their way; and who waits.
/// </summary>
/// <remarks>
/// One lock; under it nothing is awaited, written or completed, and only keys are read. What begins
/// here (an admission, a delivery, a settlement) is carried out by the caller and reported here.
/// </remarks>
internal sealed class QueueState
{
    /// <summary>Most messages that fell due and wait in memory to be served.</summary>
    private const int MostReturned = 1 << 16;

    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly QueueOptions _options;
    private readonly QueueKeyspaces _keyspaces;
    private readonly QueueClock _clock;
    private readonly LaneSet _lanes;
    private readonly Schedule _schedule;
    private readonly ReceiveWaiters _waiters = new();
    private readonly QueueAlarm _alarm;
    private readonly Arrivals _arriving;
    private readonly LeaseTable _leases = new();

    /// <summary>Ids that had been delivered when the queue was opened: never in a window.</summary>
    private readonly HashSet<long> _recovered = [];
    private readonly QueueCounters _counters = new();

    private Tally _ready;
    private Tally _scheduled;

    /// <summary>Messages written before it are gone.</summary>
    private long _purgedBelow;
    private bool _mayExpire;
    private long _recountedAt = long.MinValue;
    private bool _closed;
    private TaskCompletionSource? _drained;

    internal QueueState(
        string name, QueueOptions options, QueueKeyspaces keyspaces, TimeProvider time, QueueScan scan)
    {
        _name = name;
        _options = options;
        _keyspaces = keyspaces;
        _clock = new QueueClock(time);
        _alarm = new QueueAlarm(_clock, OnAlarm);
        _lanes = new LaneSet(keyspaces.Messages, IsElsewhere, options.StarvationLimit);
        _schedule = new Schedule(keyspaces.Messages, IsElsewhere);
        _arriving = new Arrivals(scan.LastId);
        _mayExpire = scan.MayExpire;
        _ready = scan.Ready;
        _scheduled = scan.Scheduled;
        long now = _clock.WallTicks;
        foreach ((QueueEntry entry, long notBefore) in scan.Delivered)
        {
            _recovered.Add(entry.Id);
            if (notBefore > now)
            {
                _scheduled.Add(entry.Size);
                _schedule.AddRetry(entry, notBefore);
            }
            else
            {
                _ready.Add(entry.Size);
                _lanes.Return(entry);
            }
        }
    }

    /// <summary>
    /// Gives one message its id, if nothing but the message has to be written; false where it takes a
    /// batch.
    /// </summary>
    internal bool TryAdmitAlone(PreparedMessage message)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(DurableQueue));
            if (!_arriving.HasReserved || message.DedupeKey is not null
                || IsFull_NeedsLock(1, message.StoredSize))
            {
                return false;
            }

            _arriving.Begin(message);
            return true;
        }
    }

    /// <summary>Gives messages their ids and makes room for them.</summary>
    /// <exception cref="QueueFullException">There is none.</exception>
    internal Admission Admit(IReadOnlyList<PreparedMessage> messages)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(DurableQueue));
            int bytes = messages.Sum(m => m.StoredSize);
            List<Lease> victims = MakeRoom_NeedsLock(messages.Count, bytes);
            foreach (PreparedMessage message in messages)
            {
                _arriving.Begin(message);
            }

            return new Admission(victims, _arriving.ToReserve);
        }
    }

    /// <summary>A message is in the log.</summary>
    internal void Arrived(PreparedMessage message, long version)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            Arrive_NeedsLock(message, version);
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
            _arriving.NoteReserved(admission.ReserveTo);
            foreach (Lease victim in admission.Victims)
            {
                End_NeedsLock(victim);
                _counters.Dropped++;
            }

            foreach (PreparedMessage message in messages)
            {
                Arrive_NeedsLock(message, firstVersion + message.Operation);
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
                Return_NeedsLock(victim, 0);
            }

            foreach (PreparedMessage message in messages)
            {
                _arriving.End(message);
            }

            woken = Wakeable_NeedsLock(victims.Count);
            Drain_NeedsLock();
        }

        ReceiveWaiters.Wake(woken);
    }

    internal void CountDuplicates(int count)
    {
        lock (_gate)
        {
            _counters.Duplicates += count;
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
            ObjectDisposedException.ThrowIf(_closed, typeof(DurableQueue));
            int moved = Advance_NeedsLock();
            while (taken.Count < most && _lanes.TryTake(out QueueEntry entry))
            {
                _ready.Remove(entry.Size);
                taken.Add(_leases.Begin(entry, LeaseState.Delivering));
            }

            if (taken.Count == 0)
            {
                // Nothing is left in any lane: what is still counted expired unseen.
                _ready = default;
                waiter = waits ? _waiters.Add() : null;
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
        Lease? lease = null;
        waiter = null;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(DurableQueue));
            int moved = Advance_NeedsLock();
            if (_lanes.TryTake(out QueueEntry entry))
            {
                _ready.Remove(entry.Size);
                lease = _leases.Begin(entry, LeaseState.Delivering);
            }
            else
            {
                _ready = default;
                waiter = waits ? _waiters.Add() : null;
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

            lease.ExpiresAt = _clock.After(duration);
            LeaseToken token = Activate_NeedsLock(lease);
            _counters.Delivered++;
            _counters.Redelivered += lease.Entry.Deliveries > 1 ? 1 : 0;
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
            ObjectDisposedException.ThrowIf(_closed, typeof(DurableQueue));
            woken = Wakeable_NeedsLock(Advance_NeedsLock());
            lease = _leases.Find(token);
            if (lease is not null)
            {
                _leases.BeginSettling(lease);
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
            return _leases.Find(token) is { } lease && lease.ExpiresAt > _clock.Timestamp;
        }
    }

    /// <summary>Lets a current lease run anew.</summary>
    internal bool TryRenew(LeaseToken token, TimeSpan duration)
    {
        List<TaskCompletionSource>? woken;
        bool found;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(DurableQueue));
            woken = Wakeable_NeedsLock(Advance_NeedsLock());
            Lease? lease = _leases.Find(token);
            found = lease is not null;
            if (lease is not null)
            {
                _leases.Renew(lease, _clock.After(duration));
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
            if (End_NeedsLock(lease))
            {
                count(_counters);
            }
        }
    }

    /// <summary>The message goes back, at once or to wait until then.</summary>
    internal void Return(Lease lease, long notBeforeTicks, bool refused)
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            _counters.NegativelyAcknowledged += refused ? 1 : 0;
            Return_NeedsLock(lease, notBeforeTicks);
            woken = Wakeable_NeedsLock(1);
        }

        ReceiveWaiters.Wake(woken);
    }

    /// <summary>The next messages, without taking them.</summary>
    internal List<QueueEntry> Peek(int most)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, typeof(DurableQueue));
            Advance_NeedsLock();
            return _lanes.Peek(most);
        }
    }

    /// <summary>What was written before a sequence has been removed. Gives how many that were.</summary>
    internal long Purged(long version)
    {
        lock (_gate)
        {
            long before = (_ready + _scheduled + _leases.Held).Count;
            _purgedBelow = Math.Max(_purgedBelow, version);
            foreach (Lease lease in _leases.All.Where(l => l.Entry.Version < version).ToList())
            {
                End_NeedsLock(lease);
            }

            _lanes.RemoveBelow(version);
            _schedule.RemoveBelow(version);
            Recount_NeedsLock();
            return Math.Max(0, before - (_ready + _scheduled + _leases.Held).Count);
        }
    }

    internal QueueStatistics Statistics(long dead)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                Advance_NeedsLock();
            }

            return _counters.ToStatistics(_ready, _scheduled, _leases.Held, dead);
        }
    }

    /// <summary>Takes nothing more, ends all waiting, and completes once nothing is on its way.</summary>
    internal Task CloseAsync()
    {
        List<TaskCompletionSource>? woken;
        Task drained;
        lock (_gate)
        {
            _closed = true;
            woken = _waiters.Take(_waiters.Count);
            _drained ??= new TaskCompletionSource(
                TaskCreationOptions.RunContinuationsAsynchronously);
            Drain_NeedsLock();
            drained = _drained.Task;
        }

        _alarm.Dispose();
        ReceiveWaiters.Wake(woken);
        return drained;
    }

    private bool IsElsewhere(long id) => _arriving.Contains(id) || _recovered.Contains(id);

    private void Arrive_NeedsLock(PreparedMessage message, long version)
    {
        _arriving.End(message);
        _counters.Enqueued++;
        _mayExpire |= message.ExpiresAt is not null;
        if (version >= _purgedBelow)
        {
            QueueEntry entry = message.Entry(version);
            if (entry.DueTicks == 0)
            {
                _ready.Add(entry.Size);
                _lanes.Add(entry);
            }
            else
            {
                _scheduled.Add(entry.Size);
                _schedule.Add(entry);
            }
        }

        Drain_NeedsLock();
    }

    private bool IsFull_NeedsLock(int count, long bytes)
    {
        Tally taken = _ready + _scheduled + _leases.Held + _arriving.Coming;
        return _options.MaxMessages < taken.Count + count || _options.MaxBytes < taken.Bytes + bytes;
    }

    private List<Lease> MakeRoom_NeedsLock(int count, int bytes)
    {
        List<Lease> victims = [];
        if (IsFull_NeedsLock(count, bytes) && _mayExpire
            && _clock.HasPassed(_recountedAt, TimeSpan.FromSeconds(1)))
        {
            Recount_NeedsLock();
        }

        int freed = 0;
        while (IsFull_NeedsLock(count - victims.Count, bytes - freed))
        {
            if (_options.AtLimit == QueueLimitAction.DropOldest
                && _lanes.TryTakeOldest(out QueueEntry oldest))
            {
                _ready.Remove(oldest.Size);
                freed += oldest.Size;
                victims.Add(_leases.Begin(oldest, LeaseState.Settling));
                continue;
            }

            victims.ForEach(victim => Return_NeedsLock(victim, 0));
            _counters.Rejected += count;
            throw new QueueFullException(
                _name,
                _options.MaxMessages is { } most && _options.MaxBytes is null
                    ? $"{most} messages"
                    : $"{_options.MaxBytes} bytes or {_options.MaxMessages} messages");
        }

        return victims;
    }

    /// <summary>From now on the lease runs; somebody may be waiting for its end.</summary>
    private LeaseToken Activate_NeedsLock(Lease lease)
    {
        LeaseToken token = _leases.Activate(lease);
        _alarm.Arm_NeedsLock(_waiters.Count, _leases.Expiries, _schedule);
        Drain_NeedsLock();
        return token;
    }

    /// <summary>False where it has ended before.</summary>
    private bool End_NeedsLock(Lease lease)
    {
        if (!_leases.TryEnd(lease))
        {
            return false;
        }

        _recovered.Remove(lease.Entry.Id);
        Drain_NeedsLock();
        return true;
    }

    private void Return_NeedsLock(Lease lease, long notBeforeTicks)
    {
        bool recovered = _recovered.Contains(lease.Entry.Id);
        if (!End_NeedsLock(lease))
        {
            return;
        }

        if (recovered)
        {
            _recovered.Add(lease.Entry.Id);
        }

        if (notBeforeTicks > _clock.WallTicks)
        {
            _scheduled.Add(lease.Entry.Size);
            _schedule.AddRetry(lease.Entry, notBeforeTicks);
        }
        else
        {
            _ready.Add(lease.Entry.Size);
            _lanes.Return(lease.Entry);
        }
    }

    /// <summary>Ends what has expired, moves what has fallen due; gives how many became ready.</summary>
    private int Advance_NeedsLock()
    {
        int moved = 0;
        long now = _clock.Timestamp;
        while (_leases.Expiries.Count > 0 && _leases.Expiries.First.ExpiresAt <= now)
        {
            Return_NeedsLock(_leases.Expiries.First, 0);
            _counters.LeasesExpired++;
            moved++;
        }

        if (_scheduled.Count > 0)
        {
            long wall = _clock.WallTicks;
            int room = MostReturned - _lanes.ReturnedCount;
            for (; room > 0 && _schedule.TryTakeDue(wall, out QueueEntry due); room--)
            {
                _scheduled.Remove(due.Size);
                _ready.Add(due.Size);
                _lanes.Return(due);
                moved++;
            }

            if (_schedule.IsEmpty)
            {
                _scheduled = default;
            }
        }

        return moved;
    }

    /// <summary>Takes out whom to wake, and sees to it that the others are woken in time.</summary>
    private List<TaskCompletionSource>? Wakeable_NeedsLock(long ready)
    {
        List<TaskCompletionSource>? woken = _waiters.Take(ready);
        _alarm.Arm_NeedsLock(_waiters.Count, _leases.Expiries, _schedule);
        return woken;
    }

    private void OnAlarm()
    {
        List<TaskCompletionSource>? woken;
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _alarm.Rang_NeedsLock();
            woken = Wakeable_NeedsLock(Advance_NeedsLock());
        }

        ReceiveWaiters.Wake(woken);
    }

    private void Recount_NeedsLock()
    {
        _recountedAt = _clock.Timestamp;
        HashSet<long> held = [.. _leases.All.Select(lease => lease.Entry.Id)];
        QueueScan scan = QueueScan.Count(
            _keyspaces,
            id => _arriving.Contains(id) || held.Contains(id),
            [.. _lanes.ReturnedIds]);
        _ready = scan.Ready;
        _scheduled = scan.Scheduled;
        _mayExpire |= scan.MayExpire;
    }

    private void Drain_NeedsLock()
    {
        if (_drained is not null && _leases.Moving == 0 && _arriving.Count == 0)
        {
            _drained.TrySetResult();
        }
    }
}
