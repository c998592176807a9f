using LogEngine.Stores.Queues;

namespace LogEngine.Stores.Topics;

/// <summary>Records that a batch appends: they get their offsets when it commits.</summary>
internal sealed class AppendInBatch(
    TopicState state,
    TopicGaps gaps,
    TopicKeyspaces keyspaces,
    IReadOnlyList<byte[]> values,
    DateTimeOffset? expiresAt)
    : IBatchObserver
{
    /// <summary>Ends that pile up before the older of them are removed.</summary>
    private const int EndsKept = 64;

    private IReadOnlyList<long> _gaps = [];

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

    public ValueTask CommittingAsync(WriteBatch batch)
    {
        First = state.Begin(values.Count);
        try
        {
            for (int i = 0; i < values.Count; i++)
            {
                batch.Put(
                    keyspaces.Records, TopicKeyspaces.OffsetKey(First + i), values[i], expiresAt);
            }

            if (expiresAt is not null)
            {
                PutEnd(batch, First + values.Count - 1);
            }

            _gaps = gaps.AddTo(batch);
        }
        catch
        {
            Completed(null);
            throw;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Each its own key: batches may commit in another order than that in which they got offsets.
    /// </summary>
    private void PutEnd(WriteBatch batch, long last)
    {
        if (First / EndsKept != (last + 1) / EndsKept)
        {
            batch.DeleteRange(keyspaces.Ends, default, TopicKeyspaces.OffsetKey(First));
        }

        batch.Put(keyspaces.Ends, TopicKeyspaces.OffsetKey(last), default);
    }

    public void Completed(CommitResult? outcome)
    {
        bool isWritten = outcome is { Applied: true };
        if (!isWritten)
        {
            gaps.GiveBack(_gaps);
        }

        if (!state.Settle(First, values.Count, isWritten))
        {
            gaps.Add(First, values.Count);
        }
    }
}
