using LogEngine.Stores.Queues;

namespace LogEngine.CrashSim.Queue;

/// <summary>
/// Two receivers in line for one message: the first is woken and cancelled at the same moment. One of
/// the two gets it, whichever comes first.
/// </summary>
internal static class LineOfReceivers
{
    /// <summary>What is wrong; null where nothing is.</summary>
    internal static async Task<string?> RunAsync(int rounds, TimeSpan patience)
    {
        ManualTime time = new();
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(
            new StorageEngineOptions { TimeProvider = time });
        await using DurableQueue queue = await engine.OpenQueueAsync(
            "q", new QueueOptions { MaxDeliveries = 0 });
        await queue.EnqueueAsync(new QueueMessage(new byte[1]));
        for (int round = 0; round < rounds; round++)
        {
            _ = await queue.TryReceiveAsync();
            using CancellationTokenSource leaves = new();
            Task<QueueDelivery?> first =
                queue.ReceiveAsync(Timeout.InfiniteTimeSpan, null, leaves.Token).AsTask();
            Task<QueueDelivery?> second = queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();

            // The lease ends: the timer wakes the first on this thread, which goes on to cancel it,
            // before or after the pool has let it look again.
            time.Advance(queue.Options.LeaseDuration + TimeSpan.FromMilliseconds(1));
            await leaves.CancelAsync();
            try
            {
                if (await first.WaitAsync(patience) is { } delivery)
                {
                    await delivery.NegativeAcknowledgeAsync();
                }
            }
            catch (OperationCanceledException)
            {
                // Then it is the second's.
            }

            try
            {
                await (await second.WaitAsync(patience))!.NegativeAcknowledgeAsync();
            }
            catch (TimeoutException)
            {
                return $"round {round}: a message is ready, and who waits for it is not woken";
            }
        }

        return null;
    }
}
