using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using LogEngine.Unit.Queue;

namespace LogEngine.Unit.Telemetry;

/// <summary>What happens in stores, so that it is told by the engine's loggers.</summary>
internal static class StoreScenes
{
    internal static Dictionary<int, Func<CollectedEvents, Task>> All { get; } = new()
    {
        [30] = SkipCheckpointAsync,
        [31] = events => QueueAsync(events, _ => default),
        [32] = events => QueueAsync(events, async queue =>
        {
            await queue.EnqueueAsync(QueueFixture.Message("poison"));
            await (await queue.TryReceiveAsync())!.DeadLetterAsync("nobody wants it");
            Assert.Contains(
                events.All,
                logged => logged.Text.Contains("nobody wants it", StringComparison.Ordinal));
        }),
        [33] = SetMessageAsideAsync,
        [34] = LoseReservationAsync,
        [35] = events => QueueAsync(events, async queue =>
        {
            WriteBatch batch = queue.Engine.CreateBatch();
            batch.Observe(new ThrowingObserver());
            queue.Enqueue(batch, QueueFixture.Message("a"));
            await queue.Engine.CommitAsync(batch);
        }),
        [36] = FailToReceiveAsync,
        [37] = events => QueueAsync(events, AbandonHandlerAsync),
        [40] = MissRecordsAsync,
        [41] = FailToTrimAsync,
        [42] = LoseCursorAsync,
    };

    private static EmbeddedEngine Open(CollectedEvents events) =>
        StorageEngine.OpenInMemory(new StorageEngineOptions { LoggerFactory = events });

    private static async Task SkipCheckpointAsync(CollectedEvents events)
    {
        using ScratchDirectory scratch = new();
        byte[] rotten = Payloads.Of(500, 7);
        await using (EmbeddedEngine engine = await Engine.SmallEngine.OpenAsync(scratch.Path))
        {
            CheckpointStore store = await engine.OpenCheckpointsAsync("c");
            await store.SaveAsync("a", new byte[10]);
            await store.SaveAsync("a", rotten);
            await engine.SnapshotAsync();
        }

        LogScenes.FlipByte(scratch.SegmentFiles()[0], rotten);
        await using EmbeddedEngine again = await Engine.SmallEngine.OpenAsync(
            scratch.Path, options => options with { LoggerFactory = events });
        CheckpointLoad<ReadOnlyMemory<byte>> load =
            await (await again.OpenCheckpointsAsync("c")).LoadLatestAsync("a");
        Assert.Equal(10, load.Latest!.Payload.Length);
    }

    private static async Task QueueAsync(
        CollectedEvents events, Func<DurableQueue, ValueTask> scene)
    {
        await using EmbeddedEngine engine = Open(events);
        await using DurableQueue queue = await engine.OpenQueueAsync("q");
        await scene(queue);
    }

    private static async Task SetMessageAsideAsync(CollectedEvents events)
    {
        await using QueueFixture fixture = await OpenUnreadableAsync(
            events, new StorageIOException("read", "x.seg", 5, "error"));
        await Assert.ThrowsAsync<StorageIOException>(() => fixture.Queue.TryReceiveAsync().Soon());
        fixture.Files.Before = null;
        fixture.Time.Advance(fixture.Options.LeaseDuration);
        Assert.Equal(["a"], await fixture.DrainAsync());
    }

    private static async Task FailToReceiveAsync(CollectedEvents events)
    {
        await using QueueFixture fixture = await OpenUnreadableAsync(
            events, new InvalidOperationException("nobody expects it"));
        await using QueueProcessor processor = new(fixture.Queue, (_, _) => default);
        processor.Start();
        await Eventually.IsTrueAsync(() => processor.Failure is not null, "receiving fails");
        fixture.Files.Before = null;
        await Eventually.IsTrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return fixture.Queue.Statistics.Acknowledged == 1;
            },
            "the processor goes on");
        Assert.Null(processor.Failure);
    }

    /// <summary>A queue with one message, whose body cannot be read.</summary>
    private static async Task<QueueFixture> OpenUnreadableAsync(
        CollectedEvents events, Exception failure)
    {
        QueueFixture fixture = await QueueFixture.OpenAsync();
        fixture.Loggers = events;
        await fixture.SendAsync("a");
        await fixture.ReopenAsync();
        fixture.Files.Before = (operation, _) =>
        {
            if (operation == "read")
            {
                throw failure;
            }
        };
        return fixture;
    }

    private static async ValueTask AbandonHandlerAsync(DurableQueue queue)
    {
        TaskCompletionSource started = new();
        QueueProcessor processor = new(
            queue,
            async (_, _) =>
            {
                started.SetResult();
                await Task.Delay(Timeout.Infinite, CancellationToken.None);
            },
            new QueueProcessorOptions { AbandonAfter = TimeSpan.Zero });
        processor.Start();
        await queue.EnqueueAsync(QueueFixture.Message("a"));
        await started.Task.Soon();
        await processor.DisposeAsync().Soon();
    }

    private static Task LoseReservationAsync(CollectedEvents events) => ReopenDamagedAsync(
        events,
        async engine =>
        {
            await using DurableQueue queue = await engine.OpenQueueAsync("q");
            await queue.EnqueueAsync(QueueFixture.Message("a"));
        },
        [.. "ids"u8, 0xFF, 0xFF, 0x0F, 0],
        async engine => await (await engine.OpenQueueAsync("q")).DisposeAsync());

    private static Task LoseCursorAsync(CollectedEvents events) => ReopenDamagedAsync(
        events,
        async engine =>
        {
            await using Topic topic = Topic.Open(engine, "t");
            await topic.GetGroupAsync("the group that is lost");
        },
        [.. "the group that is lost"u8, 0, 0, 0],
        async engine => await Topic.Open(engine, "t").DisposeAsync());

    private static async Task ReopenDamagedAsync(
        CollectedEvents events,
        Func<EmbeddedEngine, Task> write,
        byte[] damaged,
        Func<EmbeddedEngine, Task> read)
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await Engine.SmallEngine.OpenAsync(scratch.Path))
        {
            await write(engine);
            await engine.SnapshotAsync();
        }

        LogScenes.FlipByte(scratch.SegmentFiles()[0], damaged);
        await using EmbeddedEngine again = await Engine.SmallEngine.OpenAsync(
            scratch.Path, options => options with { LoggerFactory = events });
        await read(again);
    }

    // Case B8: the caller was told that nothing was written of a record that was durable.
    private static async Task FailToTrimAsync(CollectedEvents events)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        fixture.Loggers = events;
        await fixture.ReopenAsync();
        await using Topic topic = Topic.Open(
            fixture.Engine, "t", new TopicOptions { MaxRecords = 1, TrimStep = 1 });
        for (int i = 1; i < 4; i++)
        {
            Assert.Equal(i, await topic.AppendAsync(new byte[1]));
        }

        int writes = 0;
        fixture.Files.Before = (operation, path) =>
        {
            if (operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal)
                && Interlocked.Increment(ref writes) > 1)
            {
                throw new StorageIOException("write", path, 5, "error");
            }
        };
        Assert.Equal(4, await topic.AppendAsync(new byte[1]));
    }

    private static async Task MissRecordsAsync(CollectedEvents events)
    {
        await using EmbeddedEngine engine = Open(events);
        await using Topic topic = Topic.Open(
            engine, "t", new TopicOptions { MaxRecords = 2, TrimStep = 1 });
        ConsumerGroup group = await topic.GetGroupAsync("slow");
        for (int i = 0; i < 10; i++)
        {
            await topic.AppendAsync(new byte[1]);
        }

        TopicRead read = await group.ReadAsync(10);
        Assert.Equal(8, read.Missed);
    }

    private sealed class ThrowingObserver : IBatchObserver
    {
        public ValueTask CommittingAsync(WriteBatch batch) => ValueTask.CompletedTask;

        public void Completed(CommitResult? outcome) =>
            throw new InvalidOperationException("observer");
    }
}
