using System.Text.Json;
using LogEngine;
using LogEngine.Stores;
using LogEngine.Stores.Topics;

namespace Shop;

/// <summary>
/// Follows the sales as a group of its own and keeps their total: total and cursor move in one
/// commit, so nothing is counted twice or left out, however often the shop is restarted.
/// </summary>
internal sealed class Bookkeeper(StorageEngine engine, Topic sales, CheckpointStore totals)
{
    /// <summary>Counts what has been sold since it counted last.</summary>
    /// <returns>The total of all sales, in cents.</returns>
    internal async Task<long> CountAsync()
    {
        ConsumerGroup group = await sales.GetGroupAsync(Names.Bookkeeping);
        long total = await TotalAsync();
        while (true)
        {
            TopicRead read = await group.ReadAsync(maxRecords: 16);
            if (read.Records.Count == 0)
            {
                return total;
            }

            total += read.Records.Sum(sale =>
                JsonSerializer.Deserialize(sale.Body.Span, ShopJson.Default.Order)!.Cents);
            WriteBatch batch = engine.CreateBatch();
            totals.Save(batch, Names.Totals, BitConverter.GetBytes(total));
            group.Commit(batch, read.Records[^1].Offset);
            await engine.CommitAsync(batch);
        }
    }

    private async Task<long> TotalAsync()
    {
        CheckpointLoad<ReadOnlyMemory<byte>> load = await totals.LoadLatestAsync(Names.Totals);
        return load.Latest is { } latest ? BitConverter.ToInt64(latest.Payload.Span) : 0;
    }
}
