using System.Buffers;
using LogEngine;
using LogEngine.Stores.Queues;

namespace Outbox;

/// <summary>Turns orders into documents, a balance and invoices, each exactly once.</summary>
internal sealed class OrderBook(
    EmbeddedEngine engine, DurableQueue incoming, DurableQueue invoices)
{
    private static readonly byte[] BalanceKey = "balance"u8.ToArray();

    /// <summary>
    /// Works on orders until there is none, or until so many are done; some are left half way, as if
    /// the process had died there.
    /// </summary>
    /// <returns>Whether there was none left.</returns>
    internal async Task<bool> WorkAsync(int stopAfter, Random dropSome)
    {
        for (int i = 0; i < stopAfter; i++)
        {
            QueueDelivery? order = await incoming.TryReceiveAsync();
            if (order is null)
            {
                return await incoming.GetStatisticsAsync() is { Ready: 0, Leased: 0 };
            }

            WriteBatch batch = Prepare(order);
            if (dropSome.Next(5) == 0)
            {
                // Dies before the commit: nothing of it happened, the order comes again.
                continue;
            }

            await engine.CommitAsync(batch);
        }

        return false;
    }

    internal static long Balance(EmbeddedEngine engine)
    {
        ArrayBufferWriter<byte> value = new();
        return engine.GetKeyspace("books").TryGet(BalanceKey, value, out _)
            ? BitConverter.ToInt64(value.WrittenSpan)
            : 0;
    }

    private WriteBatch Prepare(QueueDelivery order)
    {
        int number = BitConverter.ToInt32(order.Body.Span);
        WriteBatch batch = engine.CreateBatch();
        batch.Put(engine.GetKeyspace("orders"), BitConverter.GetBytes(number), order.Body.Span);
        batch.Put(
            engine.GetKeyspace("books"),
            BalanceKey,
            BitConverter.GetBytes(Balance(engine) + number));
        invoices.Enqueue(batch, new QueueMessage(order.Body));
        order.Acknowledge(batch);
        return batch;
    }
}
