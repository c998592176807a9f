using LogEngine.Stores.Queues;

namespace LogEngine.Extensions;

/// <summary>
/// Deals with the messages of one type in a queue; one instance for each message, from a scope of its own.
/// A handler of <see cref="QueueDelivery"/> deals with messages as they are, of whatever type.
/// </summary>
/// <typeparam name="T">The type of the bodies; <see cref="QueueDelivery"/> for all.</typeparam>
public interface IQueueHandler<in T>
{
    /// <summary>
    /// Deals with a message. Returning acknowledges it, in one commit with what is in
    /// <see cref="QueueContext.Batch"/>, unless it was settled here; throwing gives it back with a delay,
    /// and nothing of the batch is written. On an engine that several processes share it is run again where
    /// a condition of the batch does not hold.
    /// </summary>
    /// <param name="message">The body.</param>
    /// <param name="context">All else of the message.</param>
    /// <param name="cancellationToken">
    /// Ends when the application waits no longer, or the lease of the message is lost.
    /// </param>
    ValueTask HandleAsync(T message, QueueContext context, CancellationToken cancellationToken);
}
