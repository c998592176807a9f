namespace LogEngine.RebusTests;

/// <summary>An engine of a kind, with nothing in it.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    private readonly ScratchDirectory? _directory;

    private TestEngine(EmbeddedEngine engine, ScratchDirectory? directory)
    {
        Engine = engine;
        _directory = directory;
    }

    internal EmbeddedEngine Engine { get; }

    internal static async Task<TestEngine> OpenAsync(bool files)
    {
        if (!files)
        {
            return new TestEngine(StorageEngine.OpenInMemory(), null);
        }

        ScratchDirectory directory = new();
        StorageEngineOptions options = new() { DefaultDurability = Durability.ProcessCrash };
        return new TestEngine(await StorageEngine.OpenAsync(directory.Path, options), directory);
    }

    /// <summary>A bus with an input queue.</summary>
    internal IBus Start(
        BuiltinHandlerActivator activator,
        string queue,
        LogEngineTransportOptions? options = null,
        Func<RebusConfigurer, RebusConfigurer>? configure = null)
    {
        RebusConfigurer configurer = Configure.With(activator)
            .Logging(l => l.None())
            .Transport(t => t.UseLogEngine(Engine, queue, options));
        return (configure?.Invoke(configurer) ?? configurer).Start();
    }

    internal async Task<QueueStatistics> StatisticsAsync(string queue)
    {
        await using DurableQueue open = await Engine.OpenQueueAsync(queue, new QueueOptions { MaxDeliveries = 0 });
        return await open.GetStatisticsAsync();
    }

    /// <summary>Takes the messages of a queue that nobody receives from.</summary>
    internal async Task<List<QueueDelivery>> TakeAllAsync(string queue)
    {
        await using DurableQueue open = await Engine.OpenQueueAsync(queue, new QueueOptions { MaxDeliveries = 0 });
        List<QueueDelivery> taken = [];
        while (await open.TryReceiveAsync() is { } delivery)
        {
            await delivery.AcknowledgeAsync();
            taken.Add(delivery);
        }

        return taken;
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _directory?.Dispose();
    }
}
