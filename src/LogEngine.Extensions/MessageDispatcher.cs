using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.DependencyInjection;

namespace LogEngine.Extensions;

/// <summary>Hands each message of a queue to the handler of its type, in a scope of its own.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class MessageDispatcher(
    QueueProcessing processing, DurableQueue queue, IServiceScopeFactory scopes)
{
    /// <summary>
    /// So often is a handler run for one delivery. The pauses grow, so of those who stand in each other's way all but
    /// a few are soon elsewhere.
    /// </summary>
    private const int MostRuns = 20;

    private static readonly TimeSpan _longestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Runs the handler. Where several processes share the engine, they write beside each other what each has read
    /// before, the next offset of a topic for one: the batch of one of them is refused, and is made anew.
    /// </summary>
    internal async ValueTask HandleAsync(
        QueueDelivery delivery, CancellationToken cancellationToken)
    {
        MessageHandler handler = await FindAsync(delivery).ConfigureAwait(false);
        int mostRuns = queue.Engine.Capabilities.IsShared ? MostRuns : 1;
        for (int run = 1;
            await RunAsync(handler, delivery, cancellationToken).ConfigureAwait(false) is { } conflict;
            run++)
        {
            if (run == mostRuns)
            {
                throw new ConflictException(conflict);
            }

            await Task.Delay(
                Random.Shared.NextDouble() * _longestPause * run / MostRuns,
                queue.Engine.TimeProvider,
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<Conflict?> RunAsync(
        MessageHandler handler, QueueDelivery delivery, CancellationToken cancellationToken)
    {
        QueueContext context = new(queue, delivery);
        AsyncServiceScope scope = scopes.CreateAsyncScope();
        await using (scope.ConfigureAwait(false))
        {
            scope.ServiceProvider.GetRequiredService<ScopedContext>().Context = context;
            await handler.HandleAsync(scope.ServiceProvider, context, cancellationToken)
                .ConfigureAwait(false);
            return await context.TryCompleteAsync().ConfigureAwait(false);
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
