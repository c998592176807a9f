namespace LogEngine.Stores.Queues;

/// <summary>
/// Where every message of a queue is, as far as it is not simply in the index: lanes, schedule, leases,
/// enqueues on their way; and the room that they take.
/// </summary>
/// <remarks>Guarded by the queue's lock. Of messages only keys are read.</remarks>
internal sealed class QueueBook
{
    /// <summary>Most messages that fell due and wait in memory to be served.</summary>
    private const int MostReturned = 1 << 16;

    private readonly string _name;
    private readonly QueueOptions _options;
    private readonly QueueKeyspaces _keyspaces;
    private readonly QueueClock _clock;
    private readonly LaneSet _lanes;

    /// <summary>Ids that had been delivered when the queue was opened: never in a window.</summary>
    private readonly HashSet<long> _recovered = [];

    private readonly GroupTable _groups;

    /// <summary>Ids up to here are of messages that were there before this open.</summary>
    private readonly long _lastBefore;
    private Tally _ready;
    private Tally _scheduled;

    /// <summary>Messages written before it are gone.</summary>
    private long _purgedBelow;
    private bool _mayExpire;
    private long _recountedAt = long.MinValue;

    internal QueueBook(
        string name,
        QueueOptions options,
        QueueKeyspaces keyspaces,
        QueueClock clock,
        QueueScan scan,
        long open)
    {
        _name = name;
        _options = options;
        _keyspaces = keyspaces;
        _clock = clock;
        _lanes = new LaneSet(keyspaces.Messages, IsElsewhere, options.StarvationLimit);
        Schedule = new Schedule(keyspaces.Messages, IsElsewhere);
        Arriving = new Arrivals(scan.LastId);
        _lastBefore = scan.LastId;
        Leases = new LeaseTable(open);
        Expired = new ExpiredLeases(name);
        _mayExpire = scan.MayExpire;
        _ready = scan.Ready;
        _scheduled = scan.Scheduled;
        _groups = new GroupTable(keyspaces.Messages, Arriving.Contains);
        _groups.Found(scan.Grouped);
        long now = clock.WallTicks;
        foreach ((QueueEntry entry, long notBefore) in scan.Delivered)
        {
            if (entry.Group is not null)
            {
                _groups.Hold(entry, notBefore);
            }
            else
            {
                _recovered.Add(entry.Id);
                PutBack(entry, notBefore, now);
            }
        }

        ShowAll();
    }

    internal Arrivals Arriving { get; }

    internal LeaseTable Leases { get; }

    internal DeliveryCounts Counts { get; } = new();

    internal Schedule Schedule { get; }

    internal QueueCounters Counters { get; } = new();

    internal ExpiredLeases Expired { get; }

    private Tally Waiting => _ready + _scheduled + _groups.HeldBack;

    /// <summary>Whether so much is too much.</summary>
    internal bool IsFull(int count, long bytes)
    {
        Tally taken = Waiting + Leases.Held + Arriving.Coming;
        return _options.MaxMessages < taken.Count + count || _options.MaxBytes < taken.Bytes + bytes;
    }

    /// <summary>Finds room; gives the messages that are dropped for it, on their way out.</summary>
    /// <exception cref="QueueFullException">There is none.</exception>
    internal List<Lease> MakeRoom(int count, long bytes, QueueUser user)
    {
        List<Lease> dropped = [];
        if (IsFull(count, bytes) && _mayExpire
            && _clock.HasPassed(_recountedAt, TimeSpan.FromSeconds(1)))
        {
            Recount();
        }

        long freed = 0;
        PriorityQueue<QueueEntry, long> behind = new();
        while (IsFull(count - dropped.Count, bytes - freed))
        {
            if (_options.AtLimit == QueueLimitAction.DropOldest
                && TryTakeOldest(behind, out QueueEntry oldest))
            {
                freed += oldest.Size;
                dropped.Add(Claim(oldest, user));
                continue;
            }

            dropped.ForEach(lease => Return(lease, 0));
            Counters.Rejected += count;
            throw new QueueFullException(_name, Limits());
        }

        return dropped;
    }

    /// <summary>A message is in the log.</summary>
    internal void Arrive(PreparedMessage message, long version)
    {
        Arriving.End(message);
        Counters.Enqueued++;
        _mayExpire |= message.ExpiresAt is not null;
        if (version < _purgedBelow)
        {
            return;
        }

        QueueEntry entry = message.Entry(version);
        if (entry.Group is not null)
        {
            _groups.Hold(entry, 0);
            Show(entry.Group);
        }
        else if (entry.DueTicks == 0)
        {
            _ready.Add(entry.Size);
            _lanes.Add(entry);
        }
        else
        {
            _scheduled.Add(entry.Size);
            Schedule.Add(entry);
        }
    }

    /// <summary>Takes the next message to be delivered; null where none is ready.</summary>
    internal Lease? TryTake(QueueUser user)
    {
        if (_lanes.TryTake(out QueueEntry entry))
        {
            NoteTaken(entry);
            return Leases.Begin(
                entry,
                LeaseState.Delivering,
                user,
                isCountedFirst: entry.Id <= _lastBefore || !Counts.HaveBegun);
        }

        // Nothing is left in any lane: what is still counted expired unseen.
        _ready = default;
        return null;
    }

    /// <summary>The next messages, without taking them.</summary>
    internal List<QueueEntry> Peek(int most) => _lanes.Peek(most);

    /// <summary>The ready message that was enqueued first.</summary>
    internal bool TryPeekOldest(out QueueEntry oldest) => _lanes.TryPeekOldest(out oldest);

    /// <summary>A message is gone, with its lease; false where that has ended before.</summary>
    internal bool End(Lease lease)
    {
        bool ended = Leases.TryEnd(lease);
        if (ended)
        {
            Counts.End(lease);
            _recovered.Remove(lease.Entry.Id);
            if (lease.Entry.Group is { } group)
            {
                _groups.Forget(lease.Entry.Id);
                _groups.PutDown(lease.Entry);
                Show(group);
            }
        }

        return ended;
    }

    /// <summary>A lease has ended, and its message goes back, at once or to wait until then.</summary>
    internal void Return(Lease lease, long notBeforeTicks)
    {
        if (!Leases.TryEnd(lease))
        {
            return;
        }

        Counts.CancelEnd(lease);
        if (lease.Entry.Group is { } group)
        {
            _groups.PutDown(lease.Entry);
            _groups.Hold(lease.Entry, notBeforeTicks);
            Show(group);
        }
        else
        {
            PutBack(lease.Entry, notBeforeTicks, _clock.WallTicks);
        }
    }

    /// <summary>Takes a message that nobody has, to remove it; null where it is not there.</summary>
    /// <param name="entry">The message as its key tells it.</param>
    /// <param name="user">The object of the queue that removes it.</param>
    /// <param name="notBeforeTicks">Until when it waits, should it stay.</param>
    internal Lease? TryClaim(QueueEntry entry, QueueUser user, out long notBeforeTicks)
    {
        notBeforeTicks = 0;

        // The key was found without the lock. Where it is still there and nobody has the message, the
        // message waits: whoever ends a lease takes it out of the table after the key is gone.
        if (IsHeld(entry.Id) || Arriving.Contains(entry.Id)
            || !_keyspaces.Messages.TryGetInfo(entry.Key, out ValueInfo info))
        {
            return null;
        }

        entry = entry with { Version = info.Version };
        if (entry.Group is not null && !_groups.IsShown(entry))
        {
            (entry, notBeforeTicks) = _groups.WithDeliveries(entry);
            _groups.TakeHeldBack(entry);
        }
        else if (_lanes.TryRemove(entry, out QueueEntry inLane))
        {
            entry = inLane;
            NoteTaken(entry);
        }
        else if (Schedule.TryRemove(entry, out QueueEntry scheduled, out notBeforeTicks))
        {
            entry = scheduled;
            _scheduled.Remove(entry.Size);
            NoteOut(entry);
        }
        else if (entry.DueTicks == 0)
        {
            _ready.Remove(entry.Size);
        }
        else
        {
            notBeforeTicks = entry.DueTicks;
            _scheduled.Remove(entry.Size);
        }

        if (entry.Group is null)
        {
            // No window finds it any more, should it stay: then it is with those that came back.
            _recovered.Add(entry.Id);
        }

        return Claim(entry, user);
    }

    /// <summary>Whether a message is leased, or on its way to or from a lease.</summary>
    internal bool IsHeld(long id) => Leases.All.Any(lease => lease.Entry.Id == id);

    /// <summary>Ends what has expired, moves what has fallen due; gives how many became ready.</summary>
    internal int Advance()
    {
        int moved = 0;
        long now = _clock.Timestamp;
        while (Leases.Expiries.Count > 0 && Leases.Expiries.First.ExpiresAt <= now)
        {
            Lease expired = Leases.Expiries.First;
            Expired.Note(Leases.TokenOf(expired), expired.Entry);
            Return(expired, 0);
            Counters.LeasesExpired++;
            moved++;
        }

        return moved + MoveDue();
    }

    /// <summary>What was written before a sequence has been removed. Gives how many that were.</summary>
    internal long Purge(long version)
    {
        long before = (Waiting + Leases.Held).Count;
        _purgedBelow = Math.Max(_purgedBelow, version);
        foreach (Lease lease in Leases.All.Where(l => l.Entry.Version < version).ToList())
        {
            End(lease);
        }

        Counts.Purge(version);
        _lanes.RemoveBelow(version);
        Schedule.RemoveBelow(version);
        _groups.RemoveBelow(version);
        Recount();
        ShowAll();
        return Math.Max(0, before - (Waiting + Leases.Held).Count);
    }

    internal QueueStatistics Statistics(long dead) =>
        Counters.ToStatistics(_ready, _scheduled, _groups.HeldBack, Leases.Held, dead);

    /// <summary>
    /// Takes the oldest of the ready messages, those of groups behind others that go with it included:
    /// their turn would come as soon as those are gone.
    /// </summary>
    private bool TryTakeOldest(PriorityQueue<QueueEntry, long> behind, out QueueEntry oldest)
    {
        bool isReady = _lanes.TryPeekOldest(out oldest);
        if (behind.TryPeek(out QueueEntry next, out long id) && (!isReady || id < oldest.Id))
        {
            oldest = behind.Dequeue();
            _groups.TakeHeldBack(oldest);
        }
        else if (isReady)
        {
            NoteTaken(_lanes.TakeOldest());
        }
        else
        {
            return false;
        }

        if (oldest.Group is { } group
            && _groups.TryFind(group, oldest.Id + 1, out next, out long notBefore)
            && notBefore <= _clock.WallTicks)
        {
            behind.Enqueue(next, next.Id);
        }

        return true;
    }

    /// <summary>Takes a message that nobody has, to end it.</summary>
    private Lease Claim(in QueueEntry entry, QueueUser user)
    {
        Lease lease = Leases.Begin(entry, LeaseState.Settling, user, isCountedFirst: false);
        Counts.BeginEnd(lease);
        return lease;
    }

    /// <summary>A message that was ready has been taken.</summary>
    private void NoteTaken(in QueueEntry entry)
    {
        _ready.Remove(entry.Size);
        NoteOut(entry);
    }

    private void NoteOut(in QueueEntry entry)
    {
        if (entry.Group is not null)
        {
            _groups.Take(entry.Group);
        }
    }

    /// <summary>Shows the next message of a group, if it is its turn.</summary>
    private void Show(string group)
    {
        if (_groups.TryShow(group, out QueueEntry next, out long notBefore))
        {
            PutBack(next, notBefore, _clock.WallTicks);
        }
    }

    /// <summary>The same for every group of which no message is shown or out.</summary>
    private void ShowAll()
    {
        long now = _clock.WallTicks;
        foreach ((QueueEntry entry, long notBefore) in _groups.ShowAll())
        {
            PutBack(entry, notBefore, now);
        }
    }

    private string Limits() => (_options.MaxMessages, _options.MaxBytes) switch
    {
        ({ } messages, null) => $"{messages} messages",
        (null, { } bytes) => $"{bytes} bytes",
        var (messages, bytes) => $"{messages} messages or {bytes} bytes",
    };

    private bool IsElsewhere(long id) => Arriving.Contains(id) || _recovered.Contains(id);

    private void PutBack(in QueueEntry entry, long notBeforeTicks, long nowTicks)
    {
        if (notBeforeTicks > nowTicks)
        {
            _scheduled.Add(entry.Size);
            Schedule.AddRetry(entry, notBeforeTicks);
        }
        else
        {
            _ready.Add(entry.Size);
            _lanes.Return(entry);
        }
    }

    private int MoveDue()
    {
        int moved = 0;
        long wall = _clock.WallTicks;
        int room = MostReturned - _lanes.ReturnedCount;
        for (; moved < room && Schedule.TryTakeDue(wall, out QueueEntry due); moved++)
        {
            _scheduled.Remove(due.Size);
            _ready.Add(due.Size);
            _lanes.Return(due);
        }

        if (Schedule.IsEmpty)
        {
            _scheduled = default;
        }

        return moved;
    }

    private void Recount()
    {
        _recountedAt = _clock.Timestamp;
        HashSet<long> held = [.. Leases.All.Select(lease => lease.Entry.Id)];
        QueueScan scan = QueueScan.Count(
            _keyspaces,
            id => Arriving.Contains(id) || held.Contains(id),
            [.. _lanes.ReturnedIds],
            [.. Schedule.RetryIds]);
        _ready = scan.Ready;
        _scheduled = scan.Scheduled;
        _groups.Recounted(scan.Grouped);
        _mayExpire |= scan.MayExpire;
    }
}
