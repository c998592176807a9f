namespace LogEngine.Stores.Queues;

/// <summary>What waits for a time: due times in a window, retries in memory.</summary>
/// <remarks>Guarded by the queue's lock.</remarks>
internal sealed class Schedule
{
    private readonly IndexWindow _window;
    private readonly PriorityQueue<QueueEntry, long> _retries = new();

    internal Schedule(EmbeddedKeyspace messages, Func<long, bool> isElsewhere) =>
        _window = new IndexWindow(messages, [QueueEntry.ScheduledKind], isElsewhere);

    internal bool IsEmpty => _retries.Count == 0 && !_window.TryPeek(out _);

    /// <summary>UTC ticks of the next event; null for none.</summary>
    internal long? NextTicks
    {
        get
        {
            long next = _window.TryPeek(out QueueEntry due) ? due.DueTicks : long.MaxValue;
            next = _retries.TryPeek(out _, out long retry) ? Math.Min(next, retry) : next;
            return next == long.MaxValue ? null : next;
        }
    }

    /// <summary>Ids of what came back and waits, whatever its key says.</summary>
    internal IEnumerable<long> RetryIds => _retries.UnorderedItems.Select(item => item.Element.Id);

    /// <summary>Adds what has just been enqueued with a due time.</summary>
    internal void Add(in QueueEntry entry) => _window.Add(entry);

    /// <summary>Adds what came back and waits.</summary>
    internal void AddRetry(in QueueEntry entry, long notBeforeTicks) =>
        _retries.Enqueue(entry, notBeforeTicks);

    /// <summary>Takes a message by its id, if it is in memory here.</summary>
    internal bool TryRemove(in QueueEntry entry, out QueueEntry removed, out long notBeforeTicks)
    {
        if (_retries.Remove(entry, out removed, out notBeforeTicks, QueueEntry.ById))
        {
            return true;
        }

        notBeforeTicks = entry.DueTicks;
        return _window.TryRemove(entry, out removed);
    }

    /// <summary>Takes one whose time has come.</summary>
    internal bool TryTakeDue(long nowTicks, out QueueEntry entry)
    {
        if (_retries.TryPeek(out entry, out long notBefore) && notBefore <= nowTicks)
        {
            _retries.Dequeue();
            return true;
        }

        if (_window.TryPeek(out entry) && entry.DueTicks <= nowTicks)
        {
            _window.Take();
            return true;
        }

        return false;
    }

    /// <summary>Drops what was written before a sequence.</summary>
    internal void RemoveBelow(long version)
    {
        _window.RemoveBelow(version);
        (QueueEntry Element, long Priority)[] kept =
            [.. _retries.UnorderedItems.Where(item => item.Element.Version >= version)];
        _retries.Clear();
        _retries.EnqueueRange(kept);
    }
}
