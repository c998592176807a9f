using LogEngine.Stores.Queues;

namespace LogEngine.PostgreSql.Queues;

/// <summary>A message that is acknowledged by a batch: its row is judged and removed in the batch's transaction.</summary>
internal sealed class AcknowledgeInBatch(PostgreSqlQueue queue, LeaseToken lease, Action? settled)
    : IBatchObserver
{
    public ValueTask CommittingAsync(WriteBatch batch)
    {
        batch.AddPart(queue.Named(lease, queue.Require(lease)));
        return ValueTask.CompletedTask;
    }

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true })
        {
            queue.Acknowledged(lease);
            settled?.Invoke();
        }
    }
}

/// <summary>A message that is enqueued by a batch.</summary>
internal sealed class EnqueueInBatch(
    PostgreSqlQueue queue, MessageOfQueue message, Action<long> told) : IBatchObserver
{
    public ValueTask CommittingAsync(WriteBatch batch)
    {
        queue.RequireOpen();
        batch.AddPart(message);
        return ValueTask.CompletedTask;
    }

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true })
        {
            queue.Enqueued(message);
            told(message.Id);
        }
    }
}

/// <summary>A message that a batch removes by its id, if nobody has it.</summary>
internal sealed class DeleteInBatch(
    PostgreSqlQueue queue, DeletionOfMessage deletion, Action<MessageDeletion> told) : IBatchObserver
{
    public ValueTask CommittingAsync(WriteBatch batch)
    {
        queue.RequireOpen();
        batch.AddPart(deletion);
        return ValueTask.CompletedTask;
    }

    public void Completed(CommitResult? outcome)
    {
        if (outcome is { Applied: true })
        {
            told(queue.Deleted(deletion.Code));
        }
    }
}
