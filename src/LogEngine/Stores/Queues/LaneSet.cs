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

    /// <summary>Entries in memory that belong to no window.</summary>
    internal int ReturnedCount
    {
        get
        {
            int count = 0;
            foreach (PriorityQueue<QueueEntry, long> returned in _returned)
            {
                count += returned.Count;
            }

            return count;
        }
    }

    /// <summary>Ids of the same.</summary>
    internal IEnumerable<long> ReturnedIds =>
        _returned.SelectMany(returned => returned.UnorderedItems).Select(item => item.Element.Id);

    /// <summary>Adds what has just been enqueued, without a due time.</summary>
    internal void Add(in QueueEntry entry) => _windows[entry.Lane].Add(entry);

    /// <summary>Adds what was in memory before: it came back, or it fell due.</summary>
    internal void Return(in QueueEntry entry) => _returned[entry.Lane].Enqueue(entry, entry.Id);

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

    /// <summary>Takes the message that was enqueued first, whatever its lane.</summary>
    internal bool TryTakeOldest(out QueueEntry entry)
    {
        int oldest = -1;
        entry = default;
        for (int lane = 0; lane < QueueMessage.Lanes; lane++)
        {
            if (TryPeek(lane, out QueueEntry first) && (oldest < 0 || first.Id < entry.Id))
            {
                oldest = lane;
                entry = first;
            }
        }

        return oldest >= 0 && TakeFrom(oldest) == entry;
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

        foreach (PriorityQueue<QueueEntry, long> returned in _returned)
        {
            (QueueEntry Element, long Priority)[] kept =
                [.. returned.UnorderedItems.Where(item => item.Element.Version >= version)];
            returned.Clear();
            returned.EnqueueRange(kept);
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
        return _returned[lane].TryPeek(out QueueEntry returned, out _)
            && (!windowed || returned.Id < first.Id)
            ? _returned[lane].Dequeue()
            : _windows[lane].Take();
    }
}
