namespace LogEngine.Stores.Topics;

/// <summary>A group's cursor that a batch moves.</summary>
internal sealed class CursorInBatch(ConsumerGroup group, Keyspace cursors, byte[] key, long cursor)
    : IBatchObserver
{
    public void Committing(WriteBatch batch)
    {
        group.BeginMove();
        try
        {
            batch.Put(cursors, key, TopicKeyspaces.OffsetKey(cursor));
        }
        catch
        {
            group.EndMove(null);
            throw;
        }
    }

    public void Completed(CommitResult? outcome) =>
        group.EndMove(outcome is { Applied: true } ? cursor : null);
}
