using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>The queues that are open on an engine.</summary>
/// <remarks>Thread-safe.</remarks>
internal static class OpenQueues
{
    /// <summary>Opens a queue, or another object of one that is open.</summary>
    /// <exception cref="QueueOptionsMismatchException">It is open with other options.</exception>
    internal static async ValueTask<EmbeddedQueue> OpenAsync(
        EmbeddedEngine engine,
        string name,
        QueueOptions options,
        CancellationToken cancellationToken) => new(await Of(engine).OpenAsync(
            name,
            () => SharedQueue.OpenAsync(engine, name, options),
            queue => Check(queue, options),
            cancellationToken).ConfigureAwait(false));

    /// <summary>An object of a queue is closed, with nothing on its way; the last one closes the queue.</summary>
    internal static Task CloseAsync(EmbeddedEngine engine, string name) =>
        Of(engine).CloseAsync(name, static queue => queue.CloseAsync());

    /// <summary>Removes a queue.</summary>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    internal static ValueTask<bool> DropAsync(
        EmbeddedEngine engine,
        string name,
        Durability durability,
        CancellationToken cancellationToken) =>
        Of(engine).DropAsync(
            engine, name, new QueueKeyspaces(engine, name).All, durability, cancellationToken);

    /// <summary>Does something to a queue that nobody has open, and that nobody opens meanwhile.</summary>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    internal static ValueTask WhileClosedAsync(
        EmbeddedEngine engine, string name, Func<Task> work, CancellationToken cancellationToken) =>
        Of(engine).WhileClosedAsync(name, work, cancellationToken);

    private static OpenByName<SharedQueue> Of(EmbeddedEngine engine) =>
        OpenByName<SharedQueue>.Of(engine, "Queue");

    private static void Check(SharedQueue queue, QueueOptions options)
    {
        if (options != queue.Options)
        {
            throw new QueueOptionsMismatchException(queue.Name, queue.Options, options);
        }
    }
}
