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
        [40] = MissRecordsAsync,
    };

    private static StorageEngine Open(CollectedEvents events) =>
        StorageEngine.OpenInMemory(new StorageEngineOptions { LoggerFactory = events });

    private static async Task SkipCheckpointAsync(CollectedEvents events)
    {
        using ScratchDirectory scratch = new();
        byte[] rotten = Payloads.Of(500, 7);
        await using (StorageEngine engine = await Engine.SmallEngine.OpenAsync(scratch.Path))
        {
            CheckpointStore store = new(engine, "c");
            await store.SaveAsync("a", new byte[10]);
            await store.SaveAsync("a", rotten);
            await engine.SnapshotAsync();
        }

        LogScenes.FlipByte(scratch.SegmentFiles()[0], rotten);
        await using StorageEngine again = await Engine.SmallEngine.OpenAsync(
            scratch.Path, options => options with { LoggerFactory = events });
        CheckpointLoad<ReadOnlyMemory<byte>> load =
            await new CheckpointStore(again, "c").LoadLatestAsync("a");
        Assert.Equal(10, load.Latest!.Payload.Length);
    }

    private static async Task QueueAsync(
        CollectedEvents events, Func<DurableQueue, ValueTask> scene)
    {
        await using StorageEngine engine = Open(events);
        await using DurableQueue queue = await DurableQueue.OpenAsync(engine, "q");
        await scene(queue);
    }

    private static async Task MissRecordsAsync(CollectedEvents events)
    {
        await using StorageEngine engine = Open(events);
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
}
