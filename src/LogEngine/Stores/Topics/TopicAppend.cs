using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Topics;

/// <summary>Records that a batch appends: they get their offsets when it commits.</summary>
/// <param name="user">Whose they are.</param>
/// <param name="keyspaces">Where they go.</param>
/// <param name="records">What they are.</param>
internal abstract class TopicAppend(
    TopicUser user, TopicKeyspaces keyspaces, NewRecords records)
    : IBatchObserver
{
    /// <summary>Offset of the first, once the commit has begun.</summary>
    internal long First { get; private set; }

    /// <summary>Offset behind the last.</summary>
    internal long Behind => First + Records.Values.Count;

    protected TopicKeyspaces Keyspaces => keyspaces;

    protected NewRecords Records => records;

    public async ValueTask CommittingAsync(WriteBatch batch)
    {
        user.Begin();
        try
        {
            First = await TakeAsync(batch).ConfigureAwait(false);
            Add(batch);
        }
        catch
        {
            user.End();
            throw;
        }
    }

    public void Completed(CommitResult? outcome)
    {
        Settle(outcome);
        if (outcome is { Applied: true })
        {
            records.Offset?.Set(First);
        }

        user.End();
    }

    /// <summary>Takes offsets for all of them; gives the first.</summary>
    protected abstract ValueTask<long> TakeAsync(WriteBatch batch);

    /// <summary>Adds whatever goes with the records, which have their offsets.</summary>
    protected abstract void AddMore(WriteBatch batch);

    /// <summary>The commit is done, or has failed.</summary>
    protected abstract void Settle(CommitResult? outcome);

    private void Add(WriteBatch batch)
    {
        try
        {
            for (int i = 0; i < records.Values.Count; i++)
            {
                batch.Put(
                    keyspaces.Records,
                    TopicKeyspaces.OffsetKey(First + i),
                    records.Values[i],
                    records.ExpiresAt);
            }

            AddMore(batch);
        }
        catch
        {
            Settle(null);
            throw;
        }
    }
}

/// <summary>Records that are to be appended.</summary>
/// <param name="Values">Their values.</param>
/// <param name="ExpiresAt">When they expire; null for never.</param>
/// <param name="Offset">Is told the offset of the first; null for nobody.</param>
internal sealed record NewRecords(
    IReadOnlyList<byte[]> Values, DateTimeOffset? ExpiresAt, PendingValue<long>? Offset = null)
{
    /// <summary>Copies a record.</summary>
    internal static byte[] Encode(
        ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string>? headers, long nowTicks)
    {
        byte[] value = new byte[MessageCodec.SizeOf(body.Length, headers)];
        MessageCodec.Write(value, body.Span, headers, nowTicks);
        return value;
    }
}
