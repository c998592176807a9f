namespace LogEngine.Stores.Topics;

/// <summary>A group's cursor that a batch moves.</summary>
/// <param name="topic">The topic.</param>
/// <param name="group">The group.</param>
/// <param name="cursor">Where to.</param>
/// <param name="mayGoBack">Whether it is a reset; a commit that is behind by now changes nothing.</param>
/// <remarks>
/// Where several processes work on the topic, the batch requires the cursor to be as it was read: so it never
/// takes back one that another process has moved on meanwhile.
/// </remarks>
internal sealed class CursorInBatch(
    SharedTopic topic, GroupState group, long cursor, bool mayGoBack)
    : IBatchObserver
{
    private long _to;
    private int _operation;

    public async ValueTask CommittingAsync(WriteBatch batch)
    {
        long present = group.BeginMove();
        try
        {
            if (topic.IsShared)
            {
                await topic.RequireGivenAsync(cursor - 1, CancellationToken.None)
                    .ConfigureAwait(false);
                (present, long version) = await topic.Groups
                    .LookAsync(group, CancellationToken.None).ConfigureAwait(false);
                batch.RequireVersion(topic.Keyspaces.Cursors, group.Key, version);
            }

            _to = mayGoBack ? cursor : Math.Max(cursor, present);
            _operation = batch.Count;
            batch.Put(topic.Keyspaces.Cursors, group.Key, TopicKeyspaces.OffsetKey(_to));
        }
        catch
        {
            group.EndMove(null);
            throw;
        }
    }

    public void Completed(CommitResult? outcome) => group.EndMove(
        outcome is { Applied: true } written
            ? (_to, written.Sequences.First + _operation)
            : null);
}
