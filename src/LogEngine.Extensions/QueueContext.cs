using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>
/// The message that a handler deals with, and the batch that commits with its acknowledgement. A service of
/// the message's scope: whatever the handler depends on can ask for it in its constructor.
/// </summary>
/// <remarks>For one message. Not thread-safe, but for <see cref="Delivery"/>.</remarks>
public sealed class QueueContext
{
    private readonly Outcome _outcome = new();
    private WriteBatch? _batch;

    internal QueueContext(DurableQueue queue, QueueDelivery delivery)
    {
        Queue = queue;
        Delivery = delivery;
    }

    /// <summary>The queue that the message came from.</summary>
    public DurableQueue Queue { get; }

    /// <summary>The message.</summary>
    public QueueDelivery Delivery { get; }

    /// <summary>
    /// A batch that acknowledges the message and takes what else is to happen exactly once: writes of stores of
    /// the same engine, messages to other queues. It is committed when the handler returns; a handler may
    /// commit it itself, with a durability of its own, and then is done with the message.
    /// </summary>
    /// <exception cref="LeaseLostException">The lease is lost already.</exception>
    public WriteBatch Batch
    {
        get
        {
            if (_batch is null)
            {
                WriteBatch batch = Queue.Engine.CreateBatch();
                Delivery.Acknowledge(batch);
                batch.Observe(_outcome);
                _batch = batch;
            }

            return _batch;
        }
    }

    /// <summary>The handler has returned: what it has left in the batch is committed.</summary>
    /// <returns>What stood in the way, so that nothing was written; null where it is done.</returns>
    /// <exception cref="InvalidOperationException">It cannot be: the message was settled without it.</exception>
    internal async ValueTask<Conflict?> TryCompleteAsync()
    {
        if (_batch is null || _outcome.IsKnown)
        {
            return null;
        }

        if (Delivery.IsSettled)
        {
            throw new InvalidOperationException(
                $"The handler of message {Delivery.Id} of queue '{Queue.Name}' settled it without the "
                + "context's batch, so nothing of that batch was written. Leave the settlement to the "
                + "batch, or write with a batch of your own.");
        }

        return (await Queue.Engine.TryCommitAsync(_batch).ConfigureAwait(false)).Conflict;
    }

    /// <summary>Learns that somebody has committed the batch.</summary>
    private sealed class Outcome : IBatchObserver
    {
        internal bool IsKnown { get; private set; }

        public ValueTask CommittingAsync(WriteBatch batch) => ValueTask.CompletedTask;

        public void Completed(CommitResult? outcome) => IsKnown = true;
    }
}
