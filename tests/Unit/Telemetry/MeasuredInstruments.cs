using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Queue;

namespace LogEngine.Unit.Telemetry;

/// <summary>An engine, a log and two queues to which everything happens that is measured.</summary>
public sealed class MeasuredInstruments : IAsyncLifetime
{
    private readonly ConcurrentBag<(Instrument Instrument, double Value)> _seen = [];

    /// <summary>Other tests have engines and queues too.</summary>
    private readonly HashSet<string> _own = [];

    /// <summary>Everything measured of them, in the order of nothing.</summary>
    internal IReadOnlyCollection<(Instrument Instrument, double Value)> Seen => _seen;

    public async Task InitializeAsync()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        string name = $"busy {Guid.NewGuid():N}";
        using MeterListener listener = Measurements.Listen(_seen, _own);
        using ScratchDirectory rotten = new();
        await using EmbeddedEngine rottenEngine = await OpenRottenAsync(rotten.Path, name + "''");
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
            scratch.Path, options => options with { TimeProvider = time });
        _own.UnionWith([Path.GetFullPath(scratch.Path), name, name + "'", name + "''"]);
        await using DurableQueue damaged = await rottenEngine.OpenQueueAsync(name + "''");
        Assert.Null(await damaged.TryReceiveAsync());
        await using DurableQueue queue = await engine.OpenQueueAsync(
            name, new QueueOptions { MaxMessages = 6, MaxDeliveries = 2 });
        await using DurableQueue dropping = await engine.OpenQueueAsync(
            name + "'",
            new QueueOptions { MaxMessages = 1, AtLimit = QueueLimitAction.DropOldest });
        using ScratchDirectory retained = new();
        _own.Add(Path.GetFullPath(retained.Path));
        await RetainAsync(retained.Path);
        await WorkAsync(engine);
        await using Topic topic = await engine.OpenTopicAsync(name);
        await topic.GetGroupAsync("behind");
        await topic.AppendAsync(new byte[1]);
        using EmbeddedReadView view = engine.OpenReadView();
        await EnqueueAsync(queue, dropping, time);
        await SettleAsync(queue, time);
        listener.RecordObservableInstruments();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>An engine with a queue, whose one message has a damaged body.</summary>
    private static async Task<EmbeddedEngine> OpenRottenAsync(string path, string name)
    {
        byte[] body = Payloads.Of(500, 7);
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(path))
        {
            await using DurableQueue queue = await engine.OpenQueueAsync(name);
            await queue.EnqueueAsync(new QueueMessage(body));
            await engine.SnapshotAsync();
        }

        LogScenes.FlipByte(Directory.GetFiles(path, "*.seg").Order().First(), body);
        return await SmallEngine.OpenAsync(path);
    }

    /// <summary>A log that keeps its active segment only.</summary>
    private static async Task RetainAsync(string path)
    {
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            path, SmallLogs.Options() with { Retention = new LogRetention { MaxBytes = 1 } });
        SmallLogs.Append(log, 40, 8000);
        await Eventually.IsTrueAsync(() => log.FirstSequence > 1, "something is removed");
    }

    /// <summary>Back pressure, hits and misses of the cache, snapshots, compaction.</summary>
    private static async Task WorkAsync(EmbeddedEngine engine)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int round = 0; round < 3; round++)
        {
            // More at once than the groups on their way have room for; first all, then every second
            // key, so that segments are left with something to be rewritten.
            await Task.WhenAll(Enumerable.Range(0, 200)
                .Where(i => round == 0 || i % 2 == 0)
                .Select(i => keyspace.PutAsync(
                    BusyEngine.Number(i), new byte[12_000], Durability.ProcessCrash).AsTask())).Soon();
        }

        for (int i = 0; i < 200; i++)
        {
            // Of values for twice its size the cache has some.
            (await keyspace.GetAsync(BusyEngine.Number(i)).Soon())!.Dispose();
            (await keyspace.GetAsync(BusyEngine.Number(i)).Soon())!.Dispose();
        }

        await engine.SnapshotAsync().Soon();
        await engine.CompactAsync().Soon();
    }

    /// <summary>A duplicate, a dropped and an expired one, one too many.</summary>
    private static async Task EnqueueAsync(
        DurableQueue queue, DurableQueue dropping, ManualTime time)
    {
        // Looked at together with the one before it, and expired when its turn comes.
        await queue.EnqueueAsync(QueueFixture.Message("first"));
        await queue.EnqueueAsync(
            QueueFixture.Message("short") with { TimeToLive = TimeSpan.FromSeconds(1) });
        await (await queue.TryReceiveAsync())!.AcknowledgeAsync();
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await queue.TryReceiveAsync());
        QueueMessage once = QueueFixture.Message("a") with { DeduplicationId = "once" };
        await queue.EnqueueAsync(once);
        await queue.EnqueueAsync(once);
        EnqueueResult mistaken = await queue.EnqueueAsync(QueueFixture.Message("mistaken"));
        Assert.Equal(MessageDeletion.Deleted, await queue.DeleteMessageAsync(mistaken.Id));
        for (int i = 0; i < 4; i++)
        {
            await queue.EnqueueAsync(QueueFixture.Message($"{i}"));
        }

        await queue.EnqueueAsync(
            QueueFixture.Message("late") with { Delay = TimeSpan.FromDays(1) });
        await Assert.ThrowsAsync<QueueFullException>(
            async () => await queue.EnqueueAsync(QueueFixture.Message("too many")));
        await dropping.EnqueueAsync(QueueFixture.Message("old"));
        await dropping.EnqueueAsync(QueueFixture.Message("new"));
    }

    /// <summary>Every way out of a lease, and a processor.</summary>
    private static async Task SettleAsync(DurableQueue queue, ManualTime time)
    {
        time.Advance(TimeSpan.FromSeconds(1));
        await (await queue.TryReceiveAsync())!.AcknowledgeAsync();
        await (await queue.TryReceiveAsync())!.NegativeAcknowledgeAsync();
        await queue.TryReceiveAsync();
        time.Advance(queue.Options.LeaseDuration);
        await (await queue.TryReceiveAsync())!.DeadLetterAsync("to be counted");
        await using QueueProcessor processor = new(
            queue,
            (_, _) =>
            {
                time.Advance(TimeSpan.FromMilliseconds(1));
                return default;
            },
            new QueueProcessorOptions { Concurrency = 1, RenewLeases = false });
        processor.Start();
        await Eventually.IsTrueAsync(
            () => queue.Statistics.Acknowledged > 2, "a message is handled");
        await processor.StopAsync().Soon();
    }
}
