namespace LogEngine.Stores.Topics;

/// <summary>Offsets of a topic that one process works on: they are counted in memory.</summary>
internal sealed class CountedOffsets(
    StorageEngine engine, TopicKeyspaces keyspaces, TopicState state, TopicGaps gaps)
    : TopicOffsets
{
    /// <summary>Ends that pile up before the older of them are removed.</summary>
    private const int EndsKept = 64;

    internal override long SeenEnd => state.End;

    internal override TimeSpan? LongestPause => null;

    internal override ValueTask<long> GetEndAsync(CancellationToken cancellationToken) =>
        new(state.End);

    internal override TopicAppend Prepare(TopicUser user, NewRecords records) =>
        new CountedAppend(user, keyspaces, records, state, gaps);

    internal override async ValueTask<TopicAppend> AppendAsync(
        TopicUser user,
        NewRecords records,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        TopicAppend append = Prepare(user, records);
        WriteBatch batch = engine.CreateBatch();
        batch.Observe(append);
        await engine.CommitAsync(batch, durability, cancellationToken).ConfigureAwait(false);
        return append;
    }

    private sealed class CountedAppend(
        TopicUser user,
        TopicKeyspaces keyspaces,
        NewRecords records,
        TopicState state,
        TopicGaps gaps)
        : TopicAppend(user, keyspaces, records)
    {
        private IReadOnlyList<long> _gaps = [];

        protected override ValueTask<long> TakeAsync(WriteBatch batch) =>
            new(state.Begin(Records.Values.Count));

        protected override void AddMore(WriteBatch batch)
        {
            if (Records.ExpiresAt is not null)
            {
                PutEnd(batch);
            }

            _gaps = gaps.AddTo(batch);
        }

        protected override void Settle(CommitResult? outcome)
        {
            bool isWritten = outcome is { Applied: true };
            if (!isWritten)
            {
                gaps.GiveBack(_gaps);
            }

            if (!state.Settle(First, Records.Values.Count, isWritten))
            {
                gaps.Add(First, Records.Values.Count);
            }
        }

        /// <summary>
        /// Each its own key: batches may commit in another order than that in which they got offsets.
        /// </summary>
        private void PutEnd(WriteBatch batch)
        {
            if (First / EndsKept != Behind / EndsKept)
            {
                batch.DeleteRange(Keyspaces.Ends, default, TopicKeyspaces.OffsetKey(First));
            }

            batch.Put(Keyspaces.Ends, TopicKeyspaces.OffsetKey(Behind - 1), default);
        }
    }
}
