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
        Leases = new LeaseTable(open);
        _mayExpire = scan.MayExpire;
        _ready = scan.Ready;
        _scheduled = scan.Scheduled;
        long now = clock.WallTicks;
        foreach ((QueueEntry entry, long notBefore) in scan.Delivered)
        {
            _recovered.Add(entry.Id);
            PutBack(entry, notBefore, now);
        }
    }

    internal Arrivals Arriving { get; }

    internal LeaseTable Leases { get; }

    internal Schedule Schedule { get; }

    internal QueueCounters Counters { get; } = new();

    /// <summary>Nothing is on its way into the queue, to a receiver or to its end.</summary>
    internal bool IsStill => Leases.Moving == 0 && Arriving.Count == 0;

    /// <summary>Whether so much is too much.</summary>
    internal bool IsFull(int count, long bytes)
    {
        Tally taken = _ready + _scheduled + Leases.Held + Arriving.Coming;
        return _options.MaxMessages < taken.Count + count || _options.MaxBytes < taken.Bytes + bytes;
    }

    /// <summary>Finds room; gives the messages that make it, on their way out.</summary>
    /// <exception cref="QueueFullException">There is none.</exception>
    internal List<Lease> MakeRoom(int count, long bytes)
    {
        List<Lease> victims = [];
        if (IsFull(count, bytes) && _mayExpire
            && _clock.HasPassed(_recountedAt, TimeSpan.FromSeconds(1)))
        {
            Recount();
        }

        long freed = 0;
        while (IsFull(count - victims.Count, bytes - freed))
        {
            if (_options.AtLimit == QueueLimitAction.DropOldest
                && _lanes.TryTakeOldest(out QueueEntry oldest))
            {
                _ready.Remove(oldest.Size);
                freed += oldest.Size;
                victims.Add(Leases.Begin(oldest, LeaseState.Settling));
                continue;
            }

            victims.ForEach(victim => Return(victim, 0));
            Counters.Rejected += count;
            throw new QueueFullException(_name, Limits());
        }

        return victims;
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
        if (entry.DueTicks == 0)
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
    internal Lease? TryTake()
    {
        if (_lanes.TryTake(out QueueEntry entry))
        {
            _ready.Remove(entry.Size);
            return Leases.Begin(entry, LeaseState.Delivering);
        }

        // Nothing is left in any lane: what is still counted expired unseen.
        _ready = default;
        return null;
    }

    /// <summary>The next messages, without taking them.</summary>
    internal List<QueueEntry> Peek(int most) => _lanes.Peek(most);

    /// <summary>A message is gone, with its lease; false where that has ended before.</summary>
    internal bool End(Lease lease)
    {
        bool ended = Leases.TryEnd(lease);
        if (ended)
        {
            _recovered.Remove(lease.Entry.Id);
        }

        return ended;
    }

    /// <summary>A lease has ended, and its message goes back, at once or to wait until then.</summary>
    internal void Return(Lease lease, long notBeforeTicks)
    {
        if (Leases.TryEnd(lease))
        {
            PutBack(lease.Entry, notBeforeTicks, _clock.WallTicks);
        }
    }

    /// <summary>Ends what has expired, moves what has fallen due; gives how many became ready.</summary>
    internal int Advance()
    {
        int moved = 0;
        long now = _clock.Timestamp;
        while (Leases.Expiries.Count > 0 && Leases.Expiries.First.ExpiresAt <= now)
        {
            Return(Leases.Expiries.First, 0);
            Counters.LeasesExpired++;
            moved++;
        }

        return moved + MoveDue();
    }

    /// <summary>What was written before a sequence has been removed. Gives how many that were.</summary>
    internal long Purge(long version)
    {
        long before = (_ready + _scheduled + Leases.Held).Count;
        _purgedBelow = Math.Max(_purgedBelow, version);
        foreach (Lease lease in Leases.All.Where(l => l.Entry.Version < version).ToList())
        {
            End(lease);
        }

        _lanes.RemoveBelow(version);
        Schedule.RemoveBelow(version);
        Recount();
        return Math.Max(0, before - (_ready + _scheduled + Leases.Held).Count);
    }

    internal QueueStatistics Statistics(long dead) =>
        Counters.ToStatistics(_ready, _scheduled, Leases.Held, dead);

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
        _mayExpire |= scan.MayExpire;
    }
}
