namespace LogEngine.Stores.Queues;

/// <summary>
/// The queues of an engine: what <see cref="StorageEngine.GetService"/> of an engine gives that has queues of
/// its own making. Names and options have been checked.
/// </summary>
public interface IQueueProvider
{
    /// <summary>Opens a queue; one that does not exist begins empty.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="options">Its options.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    ValueTask<DurableQueue> OpenQueueAsync(
        string name, QueueOptions options, CancellationToken cancellationToken);

    /// <summary>Names of the queues that were ever written to, in ordinal order.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<IReadOnlyList<string>> ListQueuesAsync(CancellationToken cancellationToken);

    /// <summary>Removes a queue with all that is in it; false where there was none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<bool> DeleteQueueAsync(string name, CancellationToken cancellationToken);
}
