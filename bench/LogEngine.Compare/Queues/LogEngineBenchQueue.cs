using LogEngine.Stores.Queues;

namespace LogEngine.Compare.Queues;

/// <summary>LogEngine's own queue.</summary>
internal sealed class LogEngineBenchQueue : IBenchQueue
{
    private readonly Durability _durability;

    private LogEngineBenchQueue(EmbeddedEngine engine, DurableQueue queue, Durability durability)
    {
        Engine = engine;
        Queue = queue;
        _durability = durability;
    }

    public string Note => "enqueue and acknowledge durable, receive counted without a sync";

    internal EmbeddedEngine Engine { get; }

    internal DurableQueue Queue { get; }

    internal static async Task<LogEngineBenchQueue> OpenAsync(
        string directory, CompareOptions options)
    {
        EmbeddedEngine engine = await StorageEngine.OpenAsync(
            directory,
            new StorageEngineOptions { IoMode = options.IoMode, CacheBytes = options.CacheBytes });
        return new LogEngineBenchQueue(
            engine, await engine.OpenQueueAsync("bench"), options.Durability);
    }

    public async ValueTask EnqueueAsync(ReadOnlyMemory<byte> body) =>
        await Queue.EnqueueAsync(new QueueMessage(body), _durability).ConfigureAwait(false);

    public async ValueTask<(ReadOnlyMemory<byte> Body, object Receipt)> ReceiveAsync()
    {
        QueueDelivery? delivery = await Queue.ReceiveAsync(Timeout.InfiniteTimeSpan)
            .ConfigureAwait(false);
        return (delivery!.Body, delivery);
    }

    public ValueTask AcknowledgeAsync(object receipt) =>
        ((QueueDelivery)receipt).AcknowledgeAsync(_durability);

    public async ValueTask DisposeAsync()
    {
        await Queue.DisposeAsync();
        await Engine.DisposeAsync();
    }
}
