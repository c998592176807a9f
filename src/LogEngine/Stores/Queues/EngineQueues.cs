namespace LogEngine.Stores.Queues;

/// <summary>Opens, lists and drops the queues of an engine.</summary>
/// <remarks>Thread-safe.</remarks>
public static class EngineQueues
{
    /// <summary>
    /// Opens a queue; one that does not exist begins empty. Reads the keys of its messages once, no
    /// bodies. All leases of earlier opens have ended. One that is open on this engine already is
    /// opened again at once, as another object over the same state: a message that is leased through
    /// one of them is leased for all, and each is closed by itself. In an engine that is open read-only it can be
    /// looked at: statistics, peek, dead letters.
    /// </summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">1 to 512 bytes of UTF-8.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <exception cref="ArgumentException">The name or an option is out of its range.</exception>
    /// <exception cref="QueueOptionsMismatchException">
    /// It is open on this engine with other options.
    /// </exception>
    /// <exception cref="NotSupportedException">Engines of this type have no queues.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<DurableQueue> OpenQueueAsync(
        this StorageEngine engine,
        string name,
        QueueOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        QueueKeyspaces.CheckName(name);
        options ??= new QueueOptions();
        options.Validate();
        return Provider(engine).OpenQueueAsync(name, options, cancellationToken);
    }

    /// <summary>
    /// Does something with a queue whose options one does not know: with those that it is open with on this
    /// engine, else with the defaults. For looking at any queue, and for replaying its dead letters.
    /// </summary>
    /// <remarks>
    /// On an embedded engine, whoever opens, closes or drops that queue meanwhile waits for it; so it must do
    /// none of that itself. Nobody is refused because of options that it was lent out with. Lending out one that nobody
    /// has open costs what opening it does.
    /// </remarks>
    /// <param name="engine">The engine.</param>
    /// <param name="name">The queue's name.</param>
    /// <param name="evenIfClosed">
    /// Also where nobody has it open here; else nothing is done then. Of an engine that several processes share,
    /// a queue is always taken for open.
    /// </param>
    /// <param name="use">What is done with it; the queue that it is given is closed behind it.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <returns>False where it is not there, or not open, and nothing was done.</returns>
    /// <exception cref="ArgumentException">The name is out of its range.</exception>
    /// <exception cref="NotSupportedException">Engines of this type cannot do it.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<bool> TryUseQueueAsync(
        this StorageEngine engine,
        string name,
        bool evenIfClosed,
        Func<DurableQueue, ValueTask> use,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(use);
        QueueKeyspaces.CheckName(name);
        return Provider(engine).TryUseQueueAsync(name, evenIfClosed, use, cancellationToken);
    }

    /// <summary>Names of the queues in an engine that were ever written to, in ordinal order.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="NotSupportedException">Engines of this type have no queues.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<IReadOnlyList<string>> ListQueuesAsync(
        this StorageEngine engine, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Provider(engine).ListQueuesAsync(cancellationToken);
    }

    /// <summary>Removes a queue with all that is in it, dead letters too. It must not be open.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="name">Its name.</param>
    /// <param name="durability">What the removal survives when the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>False where there was none.</returns>
    /// <exception cref="ArgumentException">The name is out of its range.</exception>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    /// <exception cref="NotSupportedException">Engines of this type have no queues.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static ValueTask<bool> DropQueueAsync(
        this StorageEngine engine,
        string name,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        QueueKeyspaces.CheckName(name);
        return Provider(engine).DropQueueAsync(name, engine.LevelOf(durability), cancellationToken);
    }

    /// <summary>
    /// The queues of an engine as what can be taken out of it and put into another one, whole; null where it has
    /// none.
    /// </summary>
    /// <param name="engine">The engine.</param>
    public static IQueueProvider? GetQueueProvider(this StorageEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return ProviderOf(engine);
    }

    internal static IQueueProvider? ProviderOf(StorageEngine engine) =>
        engine is EmbeddedEngine embedded
            ? new EmbeddedQueueProvider(embedded)
            : engine.GetService(typeof(IQueueProvider)) as IQueueProvider;

    private static IQueueProvider Provider(StorageEngine engine) => ProviderOf(engine)
        ?? throw new NotSupportedException(
            $"Engines of type {engine.GetType().Name} have no queues.");
}
