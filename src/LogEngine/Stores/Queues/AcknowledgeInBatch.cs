namespace LogEngine.Stores.Queues;

/// <summary>
/// A message that is acknowledged by a batch. The lease is asked for when the batch commits: from then
/// on it cannot expire, and where it is lost the batch fails as a whole.
/// </summary>
internal sealed class AcknowledgeInBatch(QueueParts parts, LeaseToken token, Action? settled)
    : IBatchObserver
{
    private Lease? _lease;

    public ValueTask CommittingAsync(WriteBatch batch)
    {
        _lease = parts.State.Settling.Begin(parts.User, token);
        try
        {
            parts.Delete(batch, _lease.Entry);
        }
        catch
        {
            parts.State.Settling.Cancel(_lease);
            throw;
        }

        return ValueTask.CompletedTask;
    }

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true })
        {
            settled?.Invoke();
            parts.State.Settling.End(_lease!, MessageEnd.Acknowledged);
        }
        else
        {
            parts.State.Settling.Cancel(_lease!);
        }
    }
}
