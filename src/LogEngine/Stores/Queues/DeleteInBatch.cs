namespace LogEngine.Stores.Queues;

/// <summary>
/// A message that a batch deletes by its id. Whether it is there, and nobody has it, is asked when the
/// batch commits: from then on it cannot be delivered, and stays where it was if the commit fails.
/// </summary>
internal sealed class DeleteInBatch(QueueParts parts, long id, Action<MessageDeletion>? told)
    : IBatchObserver
{
    private MessageDeletion _outcome;
    private Lease? _claim;
    private long _notBeforeTicks;

    /// <summary>Deletes it with a batch of its own, unless there is nothing to delete.</summary>
    internal async ValueTask<MessageDeletion> RunAsync(Durability durability)
    {
        WriteBatch batch = parts.Engine.CreateBatch();
        Begin(batch);
        if (_outcome != MessageDeletion.Deleted)
        {
            return _outcome;
        }

        CommitResult? result = null;
        try
        {
            result = await parts.Engine.TryCommitAsync(batch, durability).ConfigureAwait(false);
        }
        finally
        {
            Completed(result);
        }

        // Refused: a dead letter that was replayed or discarded in this moment.
        return result is { Applied: true } ? _outcome : MessageDeletion.NotFound;
    }

    public ValueTask CommittingAsync(WriteBatch batch)
    {
        Begin(batch);
        return ValueTask.CompletedTask;
    }

    public void Completed(CommitResult? outcome)
    {
        bool applied = outcome is { Applied: true };
        if (_claim is not null && applied)
        {
            parts.State.Settling.End(_claim, MessageEnd.Deleted);
        }
        else if (_claim is not null)
        {
            parts.State.Settling.Return(_claim, _notBeforeTicks);
        }

        if (applied)
        {
            told?.Invoke(_outcome);
        }
    }

    private void Begin(WriteBatch batch)
    {
        (_outcome, _claim) = (MessageDeletion.NotFound, null);
        if (parts.State.Settling.IsHeld(parts.User, id))
        {
            _outcome = MessageDeletion.Leased;
            return;
        }

        if (Find() is { } entry)
        {
            _claim = parts.State.Settling.TryClaim(parts.User, entry, out _notBeforeTicks);
        }

        if (_claim is not null)
        {
            _outcome = MessageDeletion.Deleted;
            Add(batch, _claim);
        }
        else if (parts.Keyspaces.Dead.TryGetInfo(QueueEntry.IdKey(id), out ValueInfo info))
        {
            _outcome = MessageDeletion.Deleted;
            batch.RequireVersion(parts.Keyspaces.Dead, QueueEntry.IdKey(id), info.Version);
            batch.Delete(parts.Keyspaces.Dead, QueueEntry.IdKey(id));
        }
        else if (parts.State.Settling.IsHeld(parts.User, id))
        {
            // Taken while it was looked for.
            _outcome = MessageDeletion.Leased;
        }
    }

    private void Add(WriteBatch batch, Lease claim)
    {
        try
        {
            parts.Delete(batch, claim.Entry);
        }
        catch
        {
            parts.State.Settling.Return(claim, _notBeforeTicks);
            throw;
        }
    }

    /// <summary>
    /// The message's key, which begins with what is not known of it: it is looked up in each lane, and
    /// looked for among those that have a due time or a group. Keys only, in memory; without the lock.
    /// </summary>
    private QueueEntry? Find()
    {
        if (id <= 0)
        {
            return null;
        }

        for (byte lane = 0; lane < QueueMessage.Lanes; lane++)
        {
            byte[] from = [QueueEntry.ReadyKind, lane, .. QueueEntry.IdKey(id)];
            byte[] to = [QueueEntry.ReadyKind, lane, .. QueueEntry.IdKey(id + 1)];
            if (First(from, to) is { } found)
            {
                return found;
            }
        }

        return First([QueueEntry.ScheduledKind], [QueueEntry.GroupedKind + 1]);
    }

    private QueueEntry? First(byte[] from, byte[] to)
    {
        using EmbeddedKeyScan scan = parts.Keyspaces.Messages.Scan(
            new ScanRange(from, to, KeysOnly: true));
        string? group = null;
        while (scan.MoveNext())
        {
            if (QueueEntry.TryRead(scan.Key, scan.Info.Version, out QueueEntry entry, group)
                && entry.Id == id)
            {
                return entry;
            }

            group = entry.Group;
        }

        return null;
    }
}
