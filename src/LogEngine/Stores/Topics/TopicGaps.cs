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

    private TopicGaps(Keyspace keyspace) => _keyspace = keyspace;

    /// <summary>Reads what is known of a topic that is being opened.</summary>
    /// <param name="keyspaces">Its keyspaces.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    internal static async ValueTask<TopicGaps> ReadAsync(
        TopicKeyspaces keyspaces, CancellationToken cancellationToken)
    {
        TopicGaps gaps = new(keyspaces.Gaps);
        KeyScan scan = keyspaces.Gaps.Scan(new ScanRange(default, KeysOnly: true));
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                byte[] key = scan.Key.ToArray();
                try
                {
                    using StoredValue? value = await keyspaces.Gaps
                        .GetAsync(key, cancellationToken).ConfigureAwait(false);
                    if (value is not null)
                    {
                        gaps._known[TopicKeyspaces.OffsetOf(key)] =
                            TopicKeyspaces.OffsetOf(value.Memory.Span);
                    }
                }
                catch (CorruptionException)
                {
                    // Its offsets count as missed: that is all it can do.
                }
            }
        }

        return gaps;
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

    /// <summary>
    /// Looks for those between two offsets that are not written down, before which a crash may have come.
    /// </summary>
    internal async ValueTask FindAsync(
        Keyspace records, long first, long next, CancellationToken cancellationToken)
    {
        long present = await records.CountAsync(cancellationToken).ConfigureAwait(false);
        if (present >= next - first - CountIn(first, next))
        {
            return;
        }

        long expected = first;
        KeyScan scan = records.Scan(
            new ScanRange(TopicKeyspaces.OffsetKey(first), KeysOnly: true));
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
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
}
