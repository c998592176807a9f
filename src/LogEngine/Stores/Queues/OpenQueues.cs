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
        CancellationToken cancellationToken) => new(
            await Of(engine).OpenAsync(
                name,
                () => SharedQueue.OpenAsync(engine, name, options),
                queue => Check(queue, options),
                cancellationToken).ConfigureAwait(false),
            () => CloseAsync(engine, name));

    /// <summary>
    /// Lends out a queue: one that is open as it is, else one that is opened for that. Either way it stays as it
    /// is until the use has ended: nobody else opens or closes it.
    /// </summary>
    internal static ValueTask<bool> TryUseAsync(
        EmbeddedEngine engine,
        string name,
        bool evenIfClosed,
        Func<DurableQueue, ValueTask> use,
        CancellationToken cancellationToken) => Of(engine).HoldAsync(
            name,
            async open =>
            {
                if (open is null
                    && !(evenIfClosed && await IsThereAsync(engine, name).ConfigureAwait(false)))
                {
                    return false;
                }

                SharedQueue shared = open ?? await SharedQueue.OpenAsync(engine, name, new QueueOptions())
                    .ConfigureAwait(false);
                EmbeddedQueue queue = new(
                    shared, () => open is null ? shared.CloseAsync() : Task.CompletedTask);
                await using (queue.ConfigureAwait(false))
                {
                    await use(queue).ConfigureAwait(false);
                    return true;
                }
            },
            cancellationToken);

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

    /// <summary>An object of a queue is closed, with nothing on its way; the last one closes the queue.</summary>
    private static Task CloseAsync(EmbeddedEngine engine, string name) =>
        Of(engine).CloseAsync(name, static queue => queue.CloseAsync());

    private static async ValueTask<bool> IsThereAsync(EmbeddedEngine engine, string name) =>
        (await QueueKeyspaces.NamesInAsync(engine, CancellationToken.None).ConfigureAwait(false))
        .Contains(name);

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
