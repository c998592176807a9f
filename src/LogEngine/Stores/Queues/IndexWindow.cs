using System.Buffers.Binary;

namespace LogEngine.Stores.Queues;

/// <summary>
/// The next entries of a range of message keys, in memory; the rest stays in the index until it is
/// needed.
/// </summary>
/// <remarks>
/// Guarded by the queue's lock. Invariant: every live entry at or before the cursor is in memory, here
/// or where the queue has put it, or its enqueue has yet to report.
/// </remarks>
internal sealed class IndexWindow
{
    private const int Capacity = 1024;

    private readonly EmbeddedKeyspace _messages;

    /// <summary>Kind, and lane where the range is one lane's.</summary>
    private readonly byte[] _prefix;
    private readonly Func<long, bool> _isElsewhere;
    private readonly PriorityQueue<QueueEntry, WindowPosition> _entries = new();
    private WindowPosition _cursor;

    /// <summary>There may be entries behind the cursor.</summary>
    private bool _more = true;

    /// <param name="messages">The keyspace.</param>
    /// <param name="prefix">What all keys of the range begin with.</param>
    /// <param name="isElsewhere">
    /// Whether a message has yet to report, or is in memory although the cursor is before it.
    /// </param>
    internal IndexWindow(EmbeddedKeyspace messages, byte[] prefix, Func<long, bool> isElsewhere)
    {
        _messages = messages;
        _prefix = prefix;
        _isElsewhere = isElsewhere;
    }

    /// <summary>Takes note of an entry that has just been committed.</summary>
    internal void Add(in QueueEntry entry)
    {
        WindowPosition position = WindowPosition.Of(entry);
        bool passed = position.CompareTo(_cursor) <= 0;
        if (!passed && (_more || _entries.Count >= Capacity))
        {
            // The scan will come by.
            _more = true;
            return;
        }

        _entries.Enqueue(entry, position);
        _cursor = passed ? _cursor : position;
    }

    internal bool TryPeek(out QueueEntry entry)
    {
        if (_entries.Count == 0 && _more)
        {
            Refill(Capacity);
        }

        return _entries.TryPeek(out entry, out _);
    }

    internal QueueEntry Take() => _entries.Dequeue();

    /// <summary>Takes an entry out, if it is in memory here.</summary>
    internal bool TryRemove(in QueueEntry entry, out QueueEntry removed) =>
        _entries.Remove(entry, out removed, out _, QueueEntry.ById);

    /// <summary>The first entries, in order, without taking them.</summary>
    internal IEnumerable<QueueEntry> Peek(int count)
    {
        if (_entries.Count < count && _more)
        {
            Refill(count - _entries.Count);
        }

        return _entries.UnorderedItems.OrderBy(item => item.Priority).Take(count)
            .Select(item => item.Element);
    }

    /// <summary>Drops what was written before a sequence.</summary>
    internal void RemoveBelow(long version)
    {
        (QueueEntry Element, WindowPosition Priority)[] kept =
            [.. _entries.UnorderedItems.Where(item => item.Element.Version >= version)];
        _entries.Clear();
        _entries.EnqueueRange(kept);
    }

    /// <summary>
    /// Goes on until so many are found or there are no more: those that are elsewhere do not count,
    /// or a window full of them would look like an empty range.
    /// </summary>
    private void Refill(int count)
    {
        using EmbeddedKeyScan scan = _messages.Scan(
            new ScanRange(AfterCursor(), AfterPrefix(), KeysOnly: true));
        int found = 0;
        while (found < count)
        {
            if (!scan.MoveNext())
            {
                _more = false;
                return;
            }

            if (!QueueEntry.TryRead(scan.Key, scan.Info.Version, out QueueEntry entry))
            {
                continue;
            }

            _cursor = WindowPosition.Of(entry);
            if (!_isElsewhere(entry.Id))
            {
                _entries.Enqueue(entry, _cursor);
                found++;
            }
        }
    }

    private byte[] AfterCursor()
    {
        byte[] key = new byte[_prefix.Length + (IsSchedule ? 16 : 8)];
        _prefix.CopyTo(key, 0);
        Span<byte> rest = key.AsSpan(_prefix.Length);
        if (IsSchedule)
        {
            BinaryPrimitives.WriteInt64BigEndian(rest, _cursor.DueTicks);
            rest = rest[8..];
        }

        BinaryPrimitives.WriteInt64BigEndian(rest, _cursor.Id + 1);
        return key;
    }

    private bool IsSchedule => _prefix[0] == QueueEntry.ScheduledKind;

    private byte[] AfterPrefix()
    {
        byte[] end = [.. _prefix];
        end[^1]++;
        return end;
    }
}
