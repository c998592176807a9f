using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Unit.Queue;

/// <summary>The engine ends while somebody waits on a queue or a topic of it: nobody waits on.</summary>
public sealed class EndingTests
{
    // Case A6: they waited for ever.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whoever_waits_is_told_when_the_engine_ends(bool faults)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        Topic topic = Topic.Open(fixture.Engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        QueueProcessor processor = new(fixture.Queue, (_, _) => default);
        processor.Start();
        Task one = fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Task many = fixture.Queue.ReceiveManyAsync(5, TimeSpan.FromHours(1)).AsTask();
        Task<int> all = CountAsync(fixture.Queue);
        Task read = group.ReadAsync(1, Timeout.InfiniteTimeSpan).AsTask();
        if (faults)
        {
            await fixture.FaultAsync();
        }
        else
        {
            await fixture.Engine.CloseAsync().Soon();
        }

        Type expected = faults ? typeof(StorageFaultedException) : typeof(ObjectDisposedException);
        await Assert.ThrowsAsync(expected, () => one.Soon());
        await Assert.ThrowsAsync(expected, () => many.Soon());
        await Assert.ThrowsAsync(expected, () => read.Soon());
        await Assert.ThrowsAsync(expected, () => processor.Completion.Soon());
        Assert.IsType(expected, processor.Failure);
        if (faults)
        {
            await Assert.ThrowsAsync(expected, () => all.Soon());
        }
        else
        {
            Assert.Equal(0, await all.Soon());
        }

        // Whoever comes later is told at once.
        await Assert.ThrowsAsync(
            expected, () => fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).Soon());
        await Assert.ThrowsAsync(
            expected, () => group.ReadAsync(1, Timeout.InfiniteTimeSpan).Soon());
        await processor.DisposeAsync().Soon();
        await topic.DisposeAsync().Soon();
    }

    // Case A6, the kind: an engine that lives long does not keep what was closed on it.
    [Fact]
    public async Task A_closed_queue_is_not_kept_by_its_engine()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        WeakReference closed = await OpenAndCloseAsync(engine);
        for (int i = 0; i < 10 && closed.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Yield();
        }

        Assert.False(closed.IsAlive);
    }

    private static async Task<WeakReference> OpenAndCloseAsync(EmbeddedEngine engine)
    {
        DurableQueue queue = await engine.OpenQueueAsync("q").Soon();
        await queue.DisposeAsync().Soon();
        return new WeakReference(queue);
    }

    private static async Task<int> CountAsync(DurableQueue queue)
    {
        int count = 0;
        await foreach (QueueDelivery _ in queue.ReadAllAsync())
        {
            count++;
        }

        return count;
    }
}
