using LogEngine.Stores.Queues;
using LogEngine.Unit.Log;
using Xunit.Abstractions;

namespace LogEngine.Unit.Queue;

/// <summary>
/// What a message costs the collector, from its enqueueing to its acknowledgement; what the cost is made of
/// says docs/queue.md. It counts what the whole process allocates, so nothing else may run beside it.
/// </summary>
[Collection(nameof(AllocationTests))]
public sealed class CycleCostTests(ITestOutputHelper output)
{
    private const int BodyBytes = 100;
    private const int Cycles = 51_200;

    [Theory]
    [InlineData(64)]
    [InlineData(512)]
    public async Task A_cycle_allocates_less_than_400_bytes(int tasks)
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path);
        await using DurableQueue queue = await engine.OpenQueueAsync("q");
        await RunAsync(queue, tasks);
        double least = double.MaxValue;
        for (int run = 0; run < 3; run++)
        {
            long before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(queue, tasks);
            long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
            least = Math.Min(least, (double)allocated / Cycles);
        }

        output.WriteLine($"{least:F0} bytes a cycle");
        Assert.InRange(least, 0, 400);
    }

    /// <summary>A task is one object, however many cycles it goes through.</summary>
    private static Task RunAsync(DurableQueue queue, int tasks)
    {
        QueueMessage message = new(new byte[BodyBytes]);
        return Task.WhenAll(Enumerable.Range(0, tasks).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < Cycles / tasks; i++)
            {
                await queue.EnqueueAsync(message);
                QueueDelivery? delivery = await queue.ReceiveAsync(Timeout.InfiniteTimeSpan);
                await delivery!.AcknowledgeAsync();
            }
        })));
    }
}
