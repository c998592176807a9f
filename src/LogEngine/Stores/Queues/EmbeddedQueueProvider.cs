namespace LogEngine.Stores.Queues;

/// <summary>The queues of an embedded engine.</summary>
internal sealed class EmbeddedQueueProvider(EmbeddedEngine engine) : IQueueProvider
{
    public async ValueTask<DurableQueue> OpenQueueAsync(
        string name, QueueOptions options, CancellationToken cancellationToken) =>
        await OpenQueues.OpenAsync(engine, name, options, cancellationToken)
            .ConfigureAwait(false);

    public ValueTask<IReadOnlyList<string>> ListQueuesAsync(CancellationToken cancellationToken) =>
        QueueKeyspaces.NamesInAsync(engine, cancellationToken);

    public ValueTask<bool> DeleteQueueAsync(string name, CancellationToken cancellationToken) =>
        OpenQueues.DropAsync(engine, name, cancellationToken);
}
