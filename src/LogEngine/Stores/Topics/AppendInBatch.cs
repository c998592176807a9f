using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Topics;

/// <summary>Records that a batch appends: they get their offsets when it commits.</summary>
internal sealed class AppendInBatch(
    TopicState state, Keyspace records, IReadOnlyList<byte[]> values, DateTimeOffset? expiresAt)
    : IBatchObserver
{
    /// <summary>Offset of the first, once the commit has begun.</summary>
    internal long First { get; private set; }

    /// <summary>Copies a record.</summary>
    internal static byte[] Encode(
        ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string>? headers, long nowTicks)
    {
        QueueMessage message = new(body) { Headers = headers };
        byte[] value = new byte[MessageCodec.SizeOf(message)];
        MessageCodec.Write(value, message, nowTicks);
        return value;
    }

    public void Committing(WriteBatch batch)
    {
        First = state.Begin(values.Count);
        try
        {
            for (int i = 0; i < values.Count; i++)
            {
                batch.Put(records, TopicKeyspaces.OffsetKey(First + i), values[i], expiresAt);
            }
        }
        catch
        {
            state.Settle(First, values.Count);
            throw;
        }
    }

    public void Completed(CommitResult? outcome) => state.Settle(First, values.Count);
}
