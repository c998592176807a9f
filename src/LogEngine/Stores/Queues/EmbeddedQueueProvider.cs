namespace LogEngine.Stores.Queues;

/// <summary>The queues of an embedded engine.</summary>
internal sealed class EmbeddedQueueProvider(EmbeddedEngine engine) : IQueueProvider
{
    public async ValueTask<DurableQueue> OpenQueueAsync(
        string name, QueueOptions options, CancellationToken cancellationToken) =>
        await EmbeddedQueue.OpenAsync(engine, name, options, cancellationToken)
            .ConfigureAwait(false);

    public ValueTask<IReadOnlyList<string>> ListQueuesAsync(CancellationToken cancellationToken) =>
        new(QueueKeyspaces.NamesIn(engine));

    public async ValueTask<bool> DeleteQueueAsync(
        string name, CancellationToken cancellationToken)
    {
        OpenNames.Queues.Enter(engine, name);
        try
        {
            // The one that makes it a queue goes last: after a crash it can be deleted again.
            bool found = false;
            foreach (EmbeddedKeyspace keyspace in new QueueKeyspaces(engine, name).All)
            {
                found |= await engine.DropKeyspaceAsync(
                    keyspace.Name, cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            return found;
        }
        finally
        {
            OpenNames.Queues.Leave(engine, name);
        }
    }
}
