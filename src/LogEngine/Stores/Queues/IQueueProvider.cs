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

    /// <summary>
    /// Lends out a queue whose options nobody has to know: with those that it is open with on this engine, else
    /// with the defaults. Nobody who opens it meanwhile is refused for these.
    /// </summary>
    /// <param name="name">Its name.</param>
    /// <param name="evenIfClosed">Also where nobody has it open.</param>
    /// <param name="use">What is done with it; the queue is closed behind it.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <returns>False where it is not there, or not open, and nothing was done.</returns>
    ValueTask<bool> TryUseQueueAsync(
        string name,
        bool evenIfClosed,
        Func<DurableQueue, ValueTask> use,
        CancellationToken cancellationToken) =>
        throw new NotSupportedException("A queue of this engine cannot be used without its options.");

    /// <summary>Removes a queue with all that is in it; false where there was none.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<bool> DropQueueAsync(
        string name, Durability durability, CancellationToken cancellationToken);

    /// <summary>Names of the queues that were ever written to as a view shows them, in ordinal order.</summary>
    /// <param name="view">A view of the same engine.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    ValueTask<IReadOnlyList<string>> ListQueuesAsync(
        ReadView view, CancellationToken cancellationToken) => throw CannotMove();

    /// <summary>The keyspaces in which a queue keeps its state; none where it has other places.</summary>
    /// <param name="name">Its name.</param>
    IReadOnlyList<string> KeyspacesOf(string name) => [];

    /// <summary>
    /// Everything that a queue holds, as a view shows it and in a form that any engine can take in: first
    /// where its ids stand (<see cref="QueueRecordKind.Ids"/>), then the rest in any order, but messages
    /// of a group by their ids. A message that is leased is one that waits.
    /// </summary>
    /// <param name="name">Its name; it need not be open.</param>
    /// <param name="view">A view of the same engine.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <exception cref="CorruptionException">A message is damaged.</exception>
    /// <exception cref="UndecodableValueException">Something is there that no queue writes.</exception>
    IAsyncEnumerable<QueueRecord> ExportAsync(
        string name, ReadView view, CancellationToken cancellationToken) => throw CannotMove();

    /// <summary>
    /// Puts records of another queue into one that is not open, all of them or none: with their ids, which no
    /// later message is given. What is there under the same ids is replaced.
    /// </summary>
    /// <param name="name">Its name; a queue that does not exist is created.</param>
    /// <param name="records">The records; their bytes together are at most a batch's.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <exception cref="InvalidOperationException">The queue is open.</exception>
    ValueTask ImportAsync(
        string name,
        IReadOnlyList<QueueRecord> records,
        Durability durability,
        CancellationToken cancellationToken) => throw CannotMove();

    private static NotSupportedException CannotMove() =>
        new("The queues of this engine cannot be moved to or from another one.");
}
