using LogEngine.Stores;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Extensions;

/// <summary>A handler that was added to a queue, whatever its type.</summary>
internal abstract class MessageHandler
{
    /// <summary>Hands it the message; the handler comes from the scope.</summary>
    internal abstract ValueTask HandleAsync(
        IServiceProvider scope, QueueContext context, CancellationToken cancellationToken);
}

/// <summary>Deals with messages as they are.</summary>
internal sealed class DeliveryHandler<THandler> : MessageHandler
    where THandler : class, IQueueHandler<QueueDelivery>
{
    internal override ValueTask HandleAsync(
        IServiceProvider scope, QueueContext context, CancellationToken cancellationToken) =>
        scope.GetRequiredService<THandler>()
            .HandleAsync(context.Delivery, context, cancellationToken);
}

/// <summary>Deals with messages of one type.</summary>
internal sealed class TypedHandler<T, THandler>(MessageType<T> type) : MessageHandler
    where T : notnull
    where THandler : class, IQueueHandler<T>
{
    internal override async ValueTask HandleAsync(
        IServiceProvider scope, QueueContext context, CancellationToken cancellationToken)
    {
        T message = await ReadAsync(context.Delivery).ConfigureAwait(false);
        await scope.GetRequiredService<THandler>()
            .HandleAsync(message, context, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A body that is no T today is none tomorrow: it is not given back.</summary>
    private async ValueTask<T> ReadAsync(QueueDelivery delivery)
    {
        try
        {
            return delivery.ReadJson(type.Json);
        }
        catch (UndecodableValueException error)
        {
            await delivery.DeadLetterAsync(error.Message).ConfigureAwait(false);
            throw;
        }
    }
}
