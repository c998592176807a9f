using System.Text.Json;
using LogEngine.Stores;
using LogEngine.Stores.Queues;

namespace LogEngine.Contract;

/// <summary>A document, a row of a run and a message: all three, or none of them.</summary>
internal static class Together
{
    internal static async Task<(bool First, bool Second, long Messages)> RunAsync(StorageEngine engine)
    {
        DocumentStore orders = await engine.OpenDocumentsAsync("orders");
        RunLog runs = await engine.OpenRunsAsync("runs");
        await using DurableQueue parcels = await engine.OpenQueueAsync("parcels");

        async Task<bool> PlaceAsync(string number)
        {
            WriteBatch batch = engine.CreateBatch();
            orders.RequireVersion(batch, number, 0);
            orders.Save(batch, number, JsonSerializer.SerializeToElement(new { Article = "apple" }));
            PendingValue<long> row = runs.AppendNext(batch, number, new RunRow(0, "placed", "order"));
            parcels.Enqueue(batch, new QueueMessage("apple"u8.ToArray()));
            CommitResult result = await engine.TryCommitAsync(batch);
            return result.Applied && row.IsKnown;
        }

        bool first = await PlaceAsync("1");
        bool second = await PlaceAsync("1");
        return (first, second, (await parcels.GetStatisticsAsync()).Ready);
    }
}
