namespace LogEngine.Stores.Queues;

/// <summary>Reads the bodies of messages, each for itself: a damaged one is told, not thrown.</summary>
internal sealed class BodyReader(QueueParts parts)
{
    /// <summary>Whether the bytes are damaged, and not merely out of reach for now.</summary>
    internal static bool IsDamage(Exception error) =>
        error is CorruptionException or UndecodableValueException;

    internal async ValueTask<ReadBody> ReadAsync(QueueEntry entry)
    {
        try
        {
            using StoredValue? value = await parts.Keyspaces.Messages.GetAsync(entry.Key)
                .ConfigureAwait(false);
            return Decode(entry, value);
        }
        catch (Exception error) when (IsDamage(error) || error is StorageIOException)
        {
            return ReadBody.Failed(error);
        }
    }

    /// <summary>Reads several, in their order.</summary>
    internal async ValueTask<IReadOnlyList<ReadBody>> ReadAsync(IReadOnlyList<QueueEntry> entries)
    {
        ReadBody[] read = new ReadBody[entries.Count];
        if (entries.Count > 1 && await TryReadAllAsync(entries, read).ConfigureAwait(false))
        {
            return read;
        }

        for (int i = 0; i < read.Length; i++)
        {
            read[i] = await ReadAsync(entries[i]).ConfigureAwait(false);
        }

        return read;
    }

    /// <summary>False where one of them cannot be read: they are to be read one by one.</summary>
    private async ValueTask<bool> TryReadAllAsync(IReadOnlyList<QueueEntry> entries, ReadBody[] read)
    {
        StoredValue?[] values;
        try
        {
            values = await parts.Keyspaces.Messages.GetManyAsync(
                [.. entries.Select(entry => (ReadOnlyMemory<byte>)entry.Key)])
                .ConfigureAwait(false);
        }
        catch (Exception error) when (IsDamage(error) || error is StorageIOException)
        {
            return false;
        }

        for (int i = 0; i < values.Length; i++)
        {
            using StoredValue? value = values[i];
            read[i] = TryDecode(entries[i], value);
        }

        return true;
    }

    private ReadBody TryDecode(in QueueEntry entry, StoredValue? value)
    {
        try
        {
            return Decode(entry, value);
        }
        catch (UndecodableValueException error)
        {
            return ReadBody.Failed(error);
        }
    }

    private ReadBody Decode(in QueueEntry entry, StoredValue? value) => value is null
        ? ReadBody.Expired
        : new ReadBody(MessageCodec.Read(value.Memory.ToArray(), parts.Name, entry.Id), null);
}
