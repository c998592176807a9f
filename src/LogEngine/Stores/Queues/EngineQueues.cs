namespace LogEngine.Stores.Queues;

/// <summary>Opens, lists and drops the queues of an engine.</summary>
/// <remarks>Thread-safe.</remarks>
public static class EngineQueues
{
    /// <inheritdoc cref="DurableQueue.OpenAsync"/>
    public static ValueTask<DurableQueue> OpenQueueAsync(
        this StorageEngine engine,
        string name,
        QueueOptions? options = null,
        CancellationToken cancellationToken = default) =>
        DurableQueue.OpenAsync(engine, name, options, cancellationToken);

    /// <inheritdoc cref="DurableQueue.ListAsync"/>
    public static ValueTask<IReadOnlyList<string>> ListQueuesAsync(
        this StorageEngine engine, CancellationToken cancellationToken = default) =>
        DurableQueue.ListAsync(engine, cancellationToken);

    /// <inheritdoc cref="DurableQueue.DeleteAsync"/>
    public static ValueTask<bool> DropQueueAsync(
        this StorageEngine engine, string name, CancellationToken cancellationToken = default) =>
        DurableQueue.DeleteAsync(engine, name, cancellationToken);
}
