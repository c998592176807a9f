using LogEngine.Extensions;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;

namespace LogEngine.Testing.Handlers;

/// <summary>One queue of a harness, whose messages are handled one by one, on demand.</summary>
internal sealed class HandledQueue : IAsyncDisposable
{
    private readonly DurableQueue _queue;
    private readonly QueueProcessor _processor;
    private readonly List<HandledMessage> _handled;
    private QueueDelivery? _delivery;
    private Exception? _error;

    /// <param name="processing">What the application does with it.</param>
    /// <param name="queue">The queue.</param>
    /// <param name="services">The application's services.</param>
    /// <param name="handled">Where each delivery is noted.</param>
    internal HandledQueue(
        QueueProcessing processing,
        DurableQueue queue,
        IServiceProvider services,
        List<HandledMessage> handled)
    {
        _queue = queue;
        _handled = handled;
        _processor = QueueProcessorService.Create(
            processing,
            queue,
            services,
            Begun,
            (delivery, error) =>
            {
                _error ??= error;
                processing.Options.OnFailure?.Invoke(delivery, error);
            });
    }

    public ValueTask DisposeAsync() => _processor.DisposeAsync();

    /// <summary>False where no message is ready.</summary>
    internal async ValueTask<bool> TryHandleNextAsync(CancellationToken cancellationToken)
    {
        QueueStatistics before = await _queue.GetStatisticsAsync(cancellationToken)
            .ConfigureAwait(false);
        (_delivery, _error) = (null, null);
        if (!await _processor.TryHandleNextAsync(cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        QueueStatistics after = await _queue.GetStatisticsAsync(CancellationToken.None)
            .ConfigureAwait(false);
        _handled.Add(new HandledMessage(
            _queue.Name,
            _delivery!.Id,
            MessageType.NameIn(_delivery.Headers),
            _delivery.DeliveryCount,
            _queue.Engine.TimeProvider.GetUtcNow(),
            OutcomeOf(before, after),
            _error));
        return true;
    }

    private void Begun(QueueDelivery delivery) => _delivery = delivery;

    /// <summary>One delivery lies between the two, and what it has done last is what became of it.</summary>
    private static HandledOutcome OutcomeOf(QueueStatistics before, QueueStatistics after) =>
        after.DeadLettered > before.DeadLettered ? HandledOutcome.DeadLettered
            : after.NegativelyAcknowledged > before.NegativelyAcknowledged ? HandledOutcome.Retried
            : after.Acknowledged > before.Acknowledged ? HandledOutcome.Acknowledged
            : HandledOutcome.Left;
}
