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

    public ValueTask<bool> TryUseQueueAsync(
        string name,
        bool evenIfClosed,
        Func<DurableQueue, ValueTask> use,
        CancellationToken cancellationToken) =>
        OpenQueues.TryUseAsync(engine, name, evenIfClosed, use, cancellationToken);

    public ValueTask<bool> DropQueueAsync(
        string name, Durability durability, CancellationToken cancellationToken) =>
        OpenQueues.DropAsync(engine, name, durability, cancellationToken);

    public ValueTask<IReadOnlyList<string>> ListQueuesAsync(
        ReadView view, CancellationToken cancellationToken) =>
        QueueKeyspaces.NamesInAsync(view, cancellationToken);

    public IReadOnlyList<string> KeyspacesOf(string name) =>
        [.. new QueueKeyspaces(engine, name).All.Select(keyspace => keyspace.Name)];

    public IAsyncEnumerable<QueueRecord> ExportAsync(
        string name, ReadView view, CancellationToken cancellationToken) =>
        new QueueExport(name, new QueueKeyspaces(engine, name), view).ReadAsync(cancellationToken);

    public ValueTask ImportAsync(
        string name,
        IReadOnlyList<QueueRecord> records,
        Durability durability,
        CancellationToken cancellationToken) => OpenQueues.WhileClosedAsync(
            engine,
            name,
            async () => await engine.CommitAsync(
                QueueImport.BatchOf(engine, new QueueKeyspaces(engine, name), records), durability)
                .ConfigureAwait(false),
            cancellationToken);
}
