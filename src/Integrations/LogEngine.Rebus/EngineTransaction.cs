using System.Collections.Concurrent;
using LogEngine.Stores.Queues;
using Rebus.Exceptions;
using Rebus.Transport;

namespace LogEngine.Rebus;

/// <summary>
/// What a Rebus transaction does on an engine, written as one commit: the acknowledgement of the message that is
/// handled, the messages that are sent, and what handlers and sagas put into the batch.
/// </summary>
/// <remarks>
/// The commit of a handled message is registered by <see cref="CommitStep"/> once its handlers have returned, so it is
/// behind whatever they have registered with the context: what they commit elsewhere is there before the message
/// is gone. It is tried where Rebus still counts errors, and acknowledges again where that was not reached.
/// </remarks>
internal sealed class EngineTransaction
{
    private const string Key = "logengine-transaction";

    /// <summary>Rebus empties this list, by this name, before a second-level handler runs.</summary>
    private const string OutgoingKey = "outgoing-messages";

    private readonly StorageEngine _engine;
    private readonly QueueDelivery? _delivery;
    private QueueDirectory? _queues;
    private WriteBatch? _batch;
    private BatchMark _empty;
    private bool _acknowledged;
    private bool _handled;

    private EngineTransaction(StorageEngine engine, QueueDirectory? queues, QueueDelivery? delivery)
    {
        _engine = engine;
        _queues = queues;
        _delivery = delivery;
    }

    /// <summary>The batch that the commit writes.</summary>
    internal WriteBatch Batch
    {
        get
        {
            if (_batch is null)
            {
                _batch = _engine.CreateBatch();
                _empty = _batch.Mark();
            }

            return _batch;
        }
    }

    internal static EngineTransaction? Find(ITransactionContext? context) =>
        context is not null && context.Items.TryGetValue(Key, out object? found) ? (EngineTransaction)found : null;

    /// <summary>The transaction of the context that the calling code runs in, if it is of this engine.</summary>
    internal static EngineTransaction? Ambient(StorageEngine engine) =>
        Find(AmbientTransactionContext.Current) is { } found && ReferenceEquals(found._engine, engine) ? found : null;

    /// <summary>The transaction of a context; one is begun where there is none.</summary>
    /// <exception cref="InvalidOperationException">There is one of another engine.</exception>
    internal static EngineTransaction In(ITransactionContext context, StorageEngine engine)
    {
        // Two tasks of one handler may send at once; one of them begins it.
        lock (context.Items)
        {
            EngineTransaction? found = Find(context);
            if (found is null)
            {
                found = new EngineTransaction(engine, null, null);
                found.Join(context);
                context.OnCommit(found.CommitAsync);
            }

            return ReferenceEquals(found._engine, engine)
                ? found
                : throw new InvalidOperationException(
                    "The Rebus transaction is of another engine: one commit is of one engine. Use the engine of the "
                    + "transport, or a transaction of your own (RebusTransactionScope).");
        }
    }

    /// <summary>Begins the transaction of a message that has been received.</summary>
    internal static void Receive(ITransactionContext context, QueueDirectory queues, QueueDelivery delivery)
    {
        EngineTransaction begun = new(queues.Engine, queues, delivery);
        begun.Join(context);
        context.OnNack(_ => begun.GiveBackAsync());
    }

    /// <summary>Sends a message with the commit.</summary>
    internal void Send(ITransactionContext context, QueueDirectory queues, OutgoingTransportMessage message)
    {
        Interlocked.CompareExchange(ref _queues, queues, null);
        context.GetOrAdd(OutgoingKey, () => new ConcurrentQueue<OutgoingTransportMessage>()).Enqueue(message);
    }

    /// <summary>The handlers begin: nothing stays of an attempt before.</summary>
    internal void BeginHandling()
    {
        _handled = true;
        _batch = null;
    }

    /// <summary>
    /// Writes what there is to write: nothing, where it has been done already and nothing has come since.
    /// </summary>
    /// <exception cref="ConcurrencyException">A condition of the batch did not hold; nothing was written.</exception>
    /// <exception cref="LeaseLostException">The message may be with somebody else; nothing was written.</exception>
    internal async Task CommitAsync(ITransactionContext context)
    {
        WriteBatch? batch = _batch is { } used && used.Mark() != _empty ? used : null;
        _batch = null;
        bool acknowledges = _delivery is not null && !_acknowledged;
        List<OutgoingTransportMessage> outgoing = TakeOutgoing(context);
        if (batch is null && !acknowledges && outgoing.Count == 0)
        {
            return;
        }

        batch ??= _engine.CreateBatch();
        foreach (OutgoingTransportMessage message in outgoing)
        {
            DurableQueue queue = await _queues!.OpenAsync(TransportMessages.DestinationOf(message))
                .ConfigureAwait(false);
            queue.Enqueue(batch, TransportMessages.ToQueue(message.TransportMessage));
        }

        if (acknowledges)
        {
            _delivery!.Acknowledge(batch);
        }

        CommitResult result = await _engine.TryCommitAsync(batch, _queues?.Durability).ConfigureAwait(false);
        if (!result.Applied)
        {
            throw new ConcurrencyException(
                $"The commit of a Rebus transaction was refused, and nothing was written: {result.Conflict}.");
        }

        _acknowledged = true;
    }

    private void Join(ITransactionContext context)
    {
        context.Items[Key] = this;
        context.OnRollback(_ => DiscardAsync(context));
        context.OnAck(AcknowledgeAsync);
    }

    /// <summary>
    /// The last thing that happens in a context: what was not committed yet, an acknowledgement after the message
    /// went to the error queue, say, or what was sent while others committed.
    /// </summary>
    private async Task AcknowledgeAsync(ITransactionContext context)
    {
        try
        {
            await CommitAsync(context).ConfigureAwait(false);
        }
        catch
        {
            // Rebus logs it, and does not give back what it has acknowledged.
            await GiveBackAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task GiveBackAsync()
    {
        if (_delivery is null || _acknowledged)
        {
            return;
        }

        try
        {
            await _delivery.NegativeAcknowledgeAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is LeaseLostException or ObjectDisposedException)
        {
            // It is ready again already, or was acknowledged by a commit whose outcome nobody could tell.
        }
    }

    /// <summary>
    /// What handlers sent is discarded. Where none has run, it was sent by the error handler: Rebus rolls back and
    /// acknowledges then (a message with too many deliveries, <c>ErrorHandlerMode.NextDelivery</c>), and without it the
    /// message would be nowhere.
    /// </summary>
    private Task DiscardAsync(ITransactionContext context)
    {
        if (_delivery is not null && !_handled)
        {
            return Task.CompletedTask;
        }

        _batch = null;
        TakeOutgoing(context);
        return Task.CompletedTask;
    }

    private static List<OutgoingTransportMessage> TakeOutgoing(ITransactionContext context)
    {
        List<OutgoingTransportMessage> taken = [];
        if (context.Items.TryGetValue(OutgoingKey, out object? found)
            && found is ConcurrentQueue<OutgoingTransportMessage> outgoing)
        {
            while (outgoing.TryDequeue(out OutgoingTransportMessage? message))
            {
                taken.Add(message);
            }
        }

        return taken;
    }
}
