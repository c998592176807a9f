using LogEngine.Stores.Queues;

namespace LogEngine.Contract;

/// <summary>Work that is taken from a queue: what failed once comes again, and is counted once.</summary>
internal static class Worker
{
    /// <summary>Enqueues numbers and sums them up; a message's effect and its acknowledgement are one commit.</summary>
    internal static async Task<long> SumAsync(StorageEngine engine, int upTo)
    {
        await using DurableQueue numbers = await engine.OpenQueueAsync("numbers");
        for (int number = 1; number <= upTo; number++)
        {
            await numbers.EnqueueAsync(new QueueMessage(BitConverter.GetBytes(number)));
        }

        Keyspace sums = engine.GetKeyspace("sums");
        bool hasFailed = false;
        while (await numbers.TryReceiveAsync() is { } delivery)
        {
            if (!hasFailed)
            {
                hasFailed = true;
                await delivery.NegativeAcknowledgeAsync(reason: "the first try fails");
                continue;
            }

            long sum = await sums.GetJsonAsync<long>("sum");
            WriteBatch batch = engine.CreateBatch();
            batch.Put(sums, "sum", $"{sum + BitConverter.ToInt32(delivery.Body.Span)}");
            delivery.Acknowledge(batch);
            await engine.CommitAsync(batch);
        }

        return await sums.GetJsonAsync<long>("sum");
    }
}
