namespace LogEngine.Stores.Topics;

/// <summary>A group's cursor that a batch moves.</summary>
/// <param name="group">The group.</param>
/// <param name="cursors">Where its cursor is kept.</param>
/// <param name="key">Under which key.</param>
/// <param name="cursor">Where to.</param>
/// <param name="mayGoBack">Whether it is a reset; a commit that is behind by now changes nothing.</param>
internal sealed class CursorInBatch(
    ConsumerGroup group, Keyspace cursors, byte[] key, long cursor, bool mayGoBack)
    : IBatchObserver
{
    private long _to;

    public ValueTask CommittingAsync(WriteBatch batch)
    {
        long present = group.BeginMove();
        _to = mayGoBack ? cursor : Math.Max(cursor, present);
        try
        {
            batch.Put(cursors, key, TopicKeyspaces.OffsetKey(_to));
        }
        catch
        {
            group.EndMove(null);
            throw;
        }

        return ValueTask.CompletedTask;
    }

    public void Completed(CommitResult? outcome) =>
        group.EndMove(outcome is { Applied: true } ? _to : null);
}
