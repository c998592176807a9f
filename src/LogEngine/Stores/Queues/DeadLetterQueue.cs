namespace LogEngine.Stores.Queues;

/// <summary>The messages of one queue that are not delivered any more.</summary>
/// <remarks>Thread-safe. Lives as long as its queue.</remarks>
public abstract class DeadLetterQueue
{
    /// <summary>How many there are.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public abstract ValueTask<long> CountAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// All of them by id, as of the call; without those that are removed before their turn. One that
    /// is damaged is listed too: <see cref="DeadLetter.Unreadable"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    public abstract IAsyncEnumerable<DeadLetter> ListAsync(
        CancellationToken cancellationToken = default);

    /// <summary>Enqueues one anew, under a new id, in the batch that removes it from here.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there is none of that id.</returns>
    /// <exception cref="QueueFullException">The queue is at its limit; it stays here.</exception>
    /// <exception cref="UndecodableValueException">Its body was lost before; it stays here.</exception>
    /// <exception cref="CorruptionException">It is damaged; it stays here.</exception>
    /// <exception cref="StorageFullException">No space; it stays here.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public abstract ValueTask<bool> ReplayAsync(
        long id,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>Enqueues all of them anew, one by one; those that cannot be read stay here.</summary>
    /// <param name="durability">When each of them is enqueued.</param>
    /// <param name="cancellationToken">Ends it between two of them.</param>
    /// <returns>How many.</returns>
    /// <exception cref="QueueFullException">The queue is at its limit; the rest stays here.</exception>
    /// <exception cref="StorageFullException">No space; the rest stays here.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public abstract ValueTask<long> ReplayAllAsync(
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>Removes one for good, damaged or not.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>False where there is none of that id.</returns>
    /// <exception cref="StorageFullException">No space; it stays here.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public abstract ValueTask<bool> DiscardAsync(
        long id,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>Removes all of them for good.</summary>
    /// <returns>How many there were.</returns>
    /// <inheritdoc cref="DiscardAsync"/>
    public abstract ValueTask<long> DiscardAllAsync(
        Durability? durability = null,
        CancellationToken cancellationToken = default);
}
