using System.Buffers;

namespace LogEngine.Stores.Topics;

/// <summary>
/// Offsets that never had a record, because the commit that was given them failed while later ones were
/// on their way: retention must not call them missed.
/// </summary>
/// <remarks>
/// Thread-safe. Kept by first offset with their number; a new one is in memory until the next append
/// takes it along.
/// </remarks>
internal sealed class TopicGaps
{
    private readonly Keyspace _keyspace;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<long, long> _known = [];
    private readonly SortedSet<long> _unwritten = [];

    /// <summary>Reads what is known of a topic that is being opened.</summary>
    /// <param name="keyspaces">Its keyspaces.</param>
    /// <param name="first">Offset of its oldest record.</param>
    /// <param name="next">Offset behind its last.</param>
    internal TopicGaps(TopicKeyspaces keyspaces, long first, long next)
    {
        _keyspace = keyspaces.Gaps;
        ArrayBufferWriter<byte> value = new();
        using (KeyScan scan = _keyspace.Scan(new ScanRange(default, KeysOnly: true)))
        {
            while (scan.MoveNext())
            {
                value.ResetWrittenCount();
                try
                {
                    _keyspace.TryGet(scan.Key, value, out _);
                    _known[TopicKeyspaces.OffsetOf(scan.Key)] =
                        TopicKeyspaces.OffsetOf(value.WrittenSpan);
                }
                catch (CorruptionException)
                {
                    // Its offsets count as missed: that is all it can do.
                }
            }
        }

        // A crash may have come before one was written down.
        if (keyspaces.Records.Count < next - first - CountIn(first, next))
        {
            Find(keyspaces.Records, first);
        }
    }

    /// <summary>Takes note of offsets that stay empty.</summary>
    internal void Add(long first, long count)
    {
        lock (_gate)
        {
            _known[first] = count;
            _unwritten.Add(first);
        }
    }

    /// <summary>Lets a batch write down what is not yet; if it fails, give that back.</summary>
    internal IReadOnlyList<long> AddTo(WriteBatch batch)
    {
        long[] taken;
        lock (_gate)
        {
            taken = [.. _unwritten];
            _unwritten.Clear();
            foreach (long first in taken)
            {
                batch.Put(
                    _keyspace,
                    TopicKeyspaces.OffsetKey(first),
                    TopicKeyspaces.OffsetKey(_known[first]));
            }
        }

        return taken;
    }

    /// <summary>A batch that was to write them down failed.</summary>
    internal void GiveBack(IReadOnlyList<long> taken)
    {
        lock (_gate)
        {
            _unwritten.UnionWith(taken.Where(_known.ContainsKey));
        }
    }

    /// <summary>How many of the offsets from one up to another never had a record.</summary>
    internal long CountIn(long from, long to)
    {
        lock (_gate)
        {
            return _known.Sum(gap => Math.Max(
                0, Math.Min(to, gap.Key + gap.Value) - Math.Max(from, gap.Key)));
        }
    }

    private void Find(Keyspace records, long first)
    {
        long expected = first;
        using KeyScan scan = records.Scan(
            new ScanRange(TopicKeyspaces.OffsetKey(first), KeysOnly: true));
        while (scan.MoveNext())
        {
            long offset = TopicKeyspaces.OffsetOf(scan.Key);
            if (offset > expected && CountIn(expected, offset) == 0)
            {
                Add(expected, offset - expected);
            }

            expected = offset + 1;
        }
    }
}
