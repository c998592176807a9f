using System.Runtime.CompilerServices;

namespace LogEngine.Akka.Persistence;

/// <summary>
/// Reads a journal for queries, in steps that are each of one moment, so that a consumer may take as long as he likes.
/// Thread-safe.
/// </summary>
internal sealed class JournalReader(Keyspace keyspace)
{
    private const int AtOnce = 32;

    /// <summary>The highest version in a feed; 0 for none.</summary>
    internal async Task<long> EndOfAsync(byte[] feed, CancellationToken cancellationToken)
    {
        KeyValueEntry? last = await keyspace
            .GetFirstAsync(ScanRange.Prefix(feed, reverse: true) with { KeysOnly = true }, cancellationToken)
            .ConfigureAwait(false);
        return last is null ? 0 : JournalKeys.NumberOf(last.Key.Span);
    }

    /// <summary>The version behind which the last so many of a feed are.</summary>
    internal async Task<long> BeforeLastAsync(byte[] feed, int count, CancellationToken cancellationToken)
    {
        long first = long.MaxValue;
        if (count > 0)
        {
            KeyScan scan = keyspace.Scan(
                ScanRange.Prefix(feed, reverse: true) with { KeysOnly = true, Limit = count });
            await using (scan.ConfigureAwait(false))
            {
                while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
                {
                    first = JournalKeys.NumberOf(scan.Key);
                }
            }
        }

        return first == long.MaxValue
            ? await EndOfAsync(feed, cancellationToken).ConfigureAwait(false)
            : first - 1;
    }

    /// <summary>
    /// What a feed holds behind a version, up to and with another one, with the events that it leads to; null for one
    /// that has been deleted since it was looked for.
    /// </summary>
    internal async IAsyncEnumerable<(long Version, StoredEvent? Event)> ReadFeedAsync(
        byte[] feed, long after, long upTo, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            List<KeyValueEntry> found =
                await FeedPageAsync(feed, after, upTo, cancellationToken).ConfigureAwait(false);
            foreach ((long version, StoredEvent? stored) in
                await EventsAsync(found, cancellationToken).ConfigureAwait(false))
            {
                after = version;
                yield return (version, stored);
            }

            if (found.Count < AtOnce)
            {
                yield break;
            }
        }
    }

    /// <summary>What a feed holds as its values behind a version, up to and with another one.</summary>
    internal async IAsyncEnumerable<(long Version, ReadOnlyMemory<byte> Value)> ReadValuesAsync(
        byte[] feed, long after, long upTo, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            List<KeyValueEntry> found =
                await FeedPageAsync(feed, after, upTo, cancellationToken).ConfigureAwait(false);
            foreach (KeyValueEntry entry in found)
            {
                after = JournalKeys.NumberOf(entry.Key.Span);
                yield return (after, entry.Value);
            }

            if (found.Count < AtOnce)
            {
                yield break;
            }
        }
    }

    /// <summary>The events of a persistence id between two sequence numbers, both included.</summary>
    internal async IAsyncEnumerable<StoredEvent> ReadEventsAsync(
        string persistenceId, long from, long to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (from <= to)
        {
            List<KeyValueEntry> found = await PageAsync(
                JournalKeys.Event(persistenceId, from),
                JournalKeys.Behind(JournalKeys.Event(persistenceId, to)),
                cancellationToken).ConfigureAwait(false);
            foreach (KeyValueEntry entry in found)
            {
                yield return new StoredEvent(entry.Key, EventRow.Decode(entry.Key.Span, entry.Value.Span));
            }

            if (found.Count < AtOnce)
            {
                yield break;
            }

            from = JournalKeys.NumberOf(found[^1].Key.Span) + 1;
        }
    }

    private async Task<List<(long Version, StoredEvent? Event)>> EventsAsync(
        List<KeyValueEntry> feed, CancellationToken cancellationToken)
    {
        StoredValue?[] values = await keyspace
            .GetManyAsync([.. feed.Select(entry => entry.Value)], cancellationToken).ConfigureAwait(false);
        List<(long Version, StoredEvent? Event)> events = new(feed.Count);
        for (int i = 0; i < values.Length; i++)
        {
            using StoredValue? value = values[i];
            ReadOnlyMemory<byte> key = feed[i].Value;
            events.Add((
                JournalKeys.NumberOf(feed[i].Key.Span),
                value is null ? null : new StoredEvent(key, EventRow.Decode(key.Span, value.Memory.Span))));
        }

        return events;
    }

    private Task<List<KeyValueEntry>> FeedPageAsync(
        byte[] feed, long after, long upTo, CancellationToken cancellationToken) => PageAsync(
            JournalKeys.Behind(JournalKeys.In(feed, after)),
            JournalKeys.Behind(JournalKeys.In(feed, Math.Max(after, upTo))),
            cancellationToken);

    private async Task<List<KeyValueEntry>> PageAsync(byte[] from, byte[] to, CancellationToken cancellationToken)
    {
        List<KeyValueEntry> page = new(AtOnce);
        KeyScan scan = keyspace.Scan(new ScanRange(from, to) { Limit = AtOnce });
        await using (scan.ConfigureAwait(false))
        {
            while (await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
            {
                page.Add(new KeyValueEntry(scan.Key.ToArray(), scan.Value.ToArray(), scan.Info));
            }
        }

        return page;
    }
}

/// <summary>An event that was read, with its key.</summary>
internal sealed record StoredEvent(ReadOnlyMemory<byte> Key, EventRow Row);
