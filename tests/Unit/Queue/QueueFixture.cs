using System.Text;
using LogEngine.Log;
using LogEngine.Stores.Queues;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;
using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Queue;

/// <summary>An engine on disk with a clock that stands still, and one queue in it, reopened at will.</summary>
internal sealed class QueueFixture : IAsyncDisposable
{
    private const string QueueName = "work";

    private readonly ScratchDirectory _scratch = new();
    private string _path = "";

    private QueueFixture(QueueOptions options) => Options = options;

    internal ManualTime Time { get; } = new();

    /// <summary>The disk, which can be made to fail.</summary>
    internal HookedFileSystem Files { get; } = new();

    internal QueueOptions Options { get; set; }

    /// <summary>Where it logs from the next opening on.</summary>
    internal ILoggerFactory? Loggers { get; set; }

    internal EmbeddedEngine Engine { get; private set; } = null!;

    internal DurableQueue Queue { get; private set; } = null!;

    internal static async Task<QueueFixture> OpenAsync(QueueOptions? options = null)
    {
        QueueFixture fixture = new(options ?? new QueueOptions());
        await fixture.StartAsync();
        return fixture;
    }

    /// <summary>Closes queue and engine and opens both again.</summary>
    internal async Task ReopenAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    /// <summary>Goes on with what a kill at this moment would have left.</summary>
    internal async Task ReopenKilledAsync()
    {
        string killed = _scratch.CopyTo("killed");
        await StopAsync();
        _path = killed;
        await StartAsync();
    }

    internal EmbeddedKeyspace Attempts => Engine.GetStoreKeyspace($"queue/{QueueName}/attempts");

    internal async Task<long> SendAsync(string body, int? lane = null) =>
        (await Queue.EnqueueAsync(Message(body) with { Lane = lane ?? QueueMessage.DefaultLane }).Soon()).Id;

    internal async Task<QueueDelivery> ReceiveAsync()
    {
        QueueDelivery? delivery = await Queue.TryReceiveAsync().Soon();
        Assert.NotNull(delivery);
        return delivery;
    }

    /// <summary>Receives and acknowledges all that is ready; gives the bodies.</summary>
    internal async Task<List<string>> DrainAsync()
    {
        List<string> bodies = [];
        while (await Queue.TryReceiveAsync().Soon() is { } delivery)
        {
            bodies.Add(Text(delivery.Body));
            await delivery.AcknowledgeAsync(Durability.ProcessCrash).Soon();
        }

        return bodies;
    }

    internal static QueueMessage Message(string body) => new(Encoding.UTF8.GetBytes(body));

    internal static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _scratch.Dispose();
    }

    private async Task StartAsync()
    {
        Engine = await EmbeddedEngine.OpenAsync(
            LogEnvironment.Real with { Files = Files },
            _path.Length == 0 ? _scratch.Path : _path,
            SmallEngine.Options with { TimeProvider = Time, LoggerFactory = Loggers },
            CancellationToken.None);
        Queue = await Engine.OpenQueueAsync(QueueName, Options);
    }

    private async Task StopAsync()
    {
        await Queue.DisposeAsync();
        await Engine.DisposeAsync();
    }

    /// <summary>The engine's disk fails, and the next write finds it out.</summary>
    internal async Task FaultAsync()
    {
        Files.FailOn = "write";
        await Assert.ThrowsAsync<StorageFaultedException>(
            () => Engine.GetKeyspace("x").PutAsync(new byte[1], new byte[1]).Soon());
    }
}
