using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>Deals with the messages of a queue; one instance from a scope of its own for each.</summary>
public interface IQueueHandler
{
    /// <summary>
    /// Deals with a message. Returning acknowledges it, unless it was settled here; throwing gives it
    /// back with a delay.
    /// </summary>
    /// <param name="delivery">The message.</param>
    /// <param name="cancellationToken">Ends when the application waits no longer.</param>
    ValueTask HandleAsync(QueueDelivery delivery, CancellationToken cancellationToken);
}
