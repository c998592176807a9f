namespace LogEngine.Stores.Queues;

/// <summary>What is ready, by lane, and which lane is served next.</summary>
/// <remarks>Guarded by the queue's lock.</remarks>
internal sealed class LaneSet
{
    private readonly IndexWindow[] _windows = new IndexWindow[QueueMessage.Lanes];

    /// <summary>What came back or fell due, by id: it belongs to no window.</summary>
    private readonly PriorityQueue<QueueEntry, long>[] _returned =
        new PriorityQueue<QueueEntry, long>[QueueMessage.Lanes];

    /// <summary>How often each lane had something ready and another was served.</summary>
    private readonly int[] _passedOver = new int[QueueMessage.Lanes];
    private readonly int _starvationLimit;

    internal LaneSet(EmbeddedKeyspace messages, Func<long, bool> isElsewhere, int starvationLimit)
    {
        _starvationLimit = starvationLimit;
        for (int lane = 0; lane < QueueMessage.Lanes; lane++)
        {
            _windows[lane] = new IndexWindow(
                messages, [QueueEntry.ReadyKind, (byte)lane], isElsewhere);
            _returned[lane] = new PriorityQueue<QueueEntry, long>();
        }
    }

    /// <summary>
    /// Entries in memory that came back or fell due, without those of groups: these are there anyway,
    /// one a group, and must not keep others from falling due.
    /// </summary>
    internal int ReturnedCount { get; private set; }

    /// <summary>Ids of all entries in memory that belong to no window.</summary>
    internal IEnumerable<long> ReturnedIds =>
        _returned.SelectMany(returned => returned.UnorderedItems).Select(item => item.Element.Id);

    /// <summary>Adds what has just been enqueued, without a due time.</summary>
    internal void Add(in QueueEntry entry) => _windows[entry.Lane].Add(entry);

    /// <summary>Adds what was in memory before: it came back, or it fell due.</summary>
    internal void Return(in QueueEntry entry)
    {
        _returned[entry.Lane].Enqueue(entry, entry.Id);
        ReturnedCount += entry.Group is null ? 1 : 0;
    }

    /// <summary>Takes the next message, by lane and then by id.</summary>
    internal bool TryTake(out QueueEntry entry)
    {
        int chosen = -1;
        int starving = -1;
        int ready = 0;
        for (int lane = 0; lane < QueueMessage.Lanes; lane++)
        {
            if (!TryPeek(lane, out _))
            {
                continue;
            }

            ready |= 1 << lane;
            chosen = chosen < 0 ? lane : chosen;
            if (_passedOver[lane] >= _starvationLimit
                && (starving < 0 || _passedOver[lane] > _passedOver[starving]))
            {
                starving = lane;
            }
        }

        if (chosen < 0)
        {
            entry = default;
            return false;
        }

        chosen = starving < 0 ? chosen : starving;
        for (int lane = 0; lane < QueueMessage.Lanes; lane++)
        {
            _passedOver[lane] = lane != chosen && (ready & (1 << lane)) != 0
                ? _passedOver[lane] + 1
                : 0;
        }

        entry = TakeFrom(chosen);
        return true;
    }

    /// <summary>The message that was enqueued first, whatever its lane.</summary>
    internal bool TryPeekOldest(out QueueEntry entry)
    {
        bool found = false;
        entry = default;
        for (int lane = 0; lane < QueueMessage.Lanes; lane++)
        {
            if (TryPeek(lane, out QueueEntry first) && (!found || first.Id < entry.Id))
            {
                found = true;
                entry = first;
            }
        }

        return found;
    }

    /// <summary>Takes the message that was enqueued first, whatever its lane.</summary>
    internal QueueEntry TakeOldest() =>
        TryPeekOldest(out QueueEntry oldest) ? TakeFrom(oldest.Lane) : default;

    /// <summary>Takes a message by its id, if it is in memory here.</summary>
    internal bool TryRemove(in QueueEntry entry, out QueueEntry removed)
    {
        if (_returned[entry.Lane].Remove(entry, out removed, out _, QueueEntry.ById))
        {
            ReturnedCount -= removed.Group is null ? 1 : 0;
            return true;
        }

        return _windows[entry.Lane].TryRemove(entry, out removed);
    }

    /// <summary>The next messages by lane and id, without taking them.</summary>
    internal List<QueueEntry> Peek(int count)
    {
        List<QueueEntry> found = [];
        for (int lane = 0; lane < QueueMessage.Lanes && found.Count < count; lane++)
        {
            found.AddRange(_windows[lane].Peek(count)
                .Concat(_returned[lane].UnorderedItems.Select(item => item.Element))
                .OrderBy(item => item.Id)
                .Take(count - found.Count));
        }

        return found;
    }

    /// <summary>Drops what was written before a sequence.</summary>
    internal void RemoveBelow(long version)
    {
        foreach (IndexWindow window in _windows)
        {
            window.RemoveBelow(version);
        }

        ReturnedCount = 0;
        foreach (PriorityQueue<QueueEntry, long> returned in _returned)
        {
            (QueueEntry Element, long Priority)[] kept =
                [.. returned.UnorderedItems.Where(item => item.Element.Version >= version)];
            returned.Clear();
            returned.EnqueueRange(kept);
            ReturnedCount += kept.Count(item => item.Element.Group is null);
        }
    }

    private bool TryPeek(int lane, out QueueEntry entry)
    {
        bool windowed = _windows[lane].TryPeek(out entry);
        if (_returned[lane].TryPeek(out QueueEntry returned, out _)
            && (!windowed || returned.Id < entry.Id))
        {
            entry = returned;
            return true;
        }

        return windowed;
    }

    private QueueEntry TakeFrom(int lane)
    {
        bool windowed = _windows[lane].TryPeek(out QueueEntry first);
        if (!_returned[lane].TryPeek(out QueueEntry returned, out _)
            || (windowed && first.Id < returned.Id))
        {
            return _windows[lane].Take();
        }

        ReturnedCount -= returned.Group is null ? 1 : 0;
        return _returned[lane].Dequeue();
    }
}
