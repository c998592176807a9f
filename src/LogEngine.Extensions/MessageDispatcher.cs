using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Extensions;

/// <summary>Hands each message of a queue to the handler of its type, in a scope of its own.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class MessageDispatcher(
    QueueProcessing processing, DurableQueue queue, IServiceScopeFactory scopes)
{
    internal async ValueTask HandleAsync(
        QueueDelivery delivery, CancellationToken cancellationToken)
    {
        MessageHandler handler = await FindAsync(delivery).ConfigureAwait(false);
        QueueContext context = new(queue, delivery);
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            scope.ServiceProvider.GetRequiredService<ScopedContext>().Context = context;
            await handler.HandleAsync(scope.ServiceProvider, context, cancellationToken)
                .ConfigureAwait(false);
            await context.CompleteAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<MessageHandler> FindAsync(QueueDelivery delivery)
    {
        try
        {
            return processing.Find(delivery);
        }
        catch (UnknownMessageTypeException error)
        {
            if (processing.Unknown == UnknownMessages.DeadLetter)
            {
                await delivery.DeadLetterAsync(error.Message).ConfigureAwait(false);
            }
            else
            {
                await delivery.NegativeAcknowledgeAsync(
                    processing.Options.MaxRetryDelay, error.Message).ConfigureAwait(false);
            }

            throw;
        }
    }
}

/// <summary>Where the services of a message's scope find what it is about.</summary>
internal sealed class ScopedContext
{
    private QueueContext? _context;

    /// <exception cref="InvalidOperationException">The scope is no message's.</exception>
    internal QueueContext Context
    {
        get => _context ?? throw new InvalidOperationException(
            $"There is a {nameof(QueueContext)} only while a message is handled, in its scope.");
        set => _context = value;
    }
}
