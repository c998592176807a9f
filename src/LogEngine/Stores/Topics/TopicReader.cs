using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Topics;

/// <summary>Reads the records of a topic from an offset on.</summary>
internal sealed class TopicReader(string topic, Keyspace records)
{
    /// <summary>Up to so many from there on, without waiting.</summary>
    /// <exception cref="UnreadableRecordException">The first of them cannot be read.</exception>
    internal async ValueTask<IReadOnlyList<TopicRecord>> ReadAsync(
        long from, long end, int most, CancellationToken cancellationToken)
    {
        List<TopicRecord> found = [];
        if (from >= end)
        {
            return found;
        }

        try
        {
            await ScanAsync(found, from, end, most, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (Unreadable.Is(error))
        {
            // One of those ahead. A scan reads several at once: here each is read by itself.
            long next = found.Count > 0 ? found[^1].Offset + 1 : from;
            await ReadEachAsync(found, next, end, most, cancellationToken).ConfigureAwait(false);
        }

        return found;
    }

    private static ScanRange Range(long from, long end, bool keysOnly) => new(
        TopicKeyspaces.OffsetKey(from), TopicKeyspaces.OffsetKey(end), KeysOnly: keysOnly);

    private async ValueTask ScanAsync(
        List<TopicRecord> found, long from, long end, int most, CancellationToken cancellationToken)
    {
        using KeyScan scan = records.Scan(Range(from, end, keysOnly: false));
        await foreach (KeyValueEntry entry in scan.ReadAllAsync(cancellationToken)
            .ConfigureAwait(false))
        {
            found.Add(Decode(TopicKeyspaces.OffsetOf(entry.Key.Span), entry.Value));
            if (found.Count == most)
            {
                break;
            }
        }
    }

    private async ValueTask ReadEachAsync(
        List<TopicRecord> found, long from, long end, int most, CancellationToken cancellationToken)
    {
        using KeyScan scan = records.Scan(Range(from, end, keysOnly: true));
        while (found.Count < most
            && await scan.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            long offset = TopicKeyspaces.OffsetOf(scan.Key);
            try
            {
                using StoredValue? value = await records.GetAsync(
                    TopicKeyspaces.OffsetKey(offset), cancellationToken).ConfigureAwait(false);
                if (value is not null)
                {
                    found.Add(Decode(offset, value.Memory.ToArray()));
                }
            }
            catch (Exception error) when (Unreadable.Is(error))
            {
                if (found.Count == 0)
                {
                    throw new UnreadableRecordException(topic, offset, error);
                }

                return;
            }
        }
    }

    private TopicRecord Decode(long offset, ReadOnlyMemory<byte> value)
    {
        StoredMessage message = MessageCodec.Read(value, topic, offset);
        return new TopicRecord(offset, message.Body, message.Headers, message.EnqueuedAt);
    }
}
