using LogEngine;
using LogEngine.Stores.Queues;
using Outbox;

// Orders come in by a queue; each becomes a document, a new balance and an invoice in a second queue,
// in one commit with its acknowledgement: exactly once, although deliveries repeat. The run is
// interrupted again and again at a random moment, as a crash would; at the end the books must match.
string directory = args.Length > 0
    ? args[0]
    : Path.Combine(Path.GetTempPath(), $"logengine-outbox-{Guid.NewGuid():N}");
const int Orders = 200;
int interruptions = 0;

await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(directory))
await using (DurableQueue incoming = await engine.OpenQueueAsync("orders"))
{
    for (int number = 1; number <= Orders; number++)
    {
        await incoming.EnqueueAsync(new QueueMessage(BitConverter.GetBytes(number))
        {
            DeduplicationId = $"order-{number}",
        });
    }
}

Random random = new(1);
for (bool done = false; !done;)
{
    await using EmbeddedEngine engine = await StorageEngine.OpenAsync(directory);
    await using DurableQueue incoming = await engine.OpenQueueAsync("orders", new QueueOptions { MaxDeliveries = 0 });
    await using DurableQueue invoices = await engine.OpenQueueAsync("invoices");
    OrderBook book = new(engine, incoming, invoices);
    done = await book.WorkAsync(stopAfter: random.Next(1, 40), dropSome: random);
    interruptions += done ? 0 : 1;
}

await using EmbeddedEngine last = await StorageEngine.OpenAsync(directory);
await using DurableQueue sent = await last.OpenQueueAsync("invoices");
long balance = OrderBook.Balance(last);
long sentInvoices = (await sent.GetStatisticsAsync()).Ready;
long expected = (long)Orders * (Orders + 1) / 2;
Console.WriteLine(
    $"{Orders} orders, {interruptions} interruptions: {last.GetKeyspace("orders").Count} documents, "
    + $"{sentInvoices} invoices, balance {balance} of {expected}");
bool right = balance == expected && sentInvoices == Orders
    && last.GetKeyspace("orders").Count == Orders;
if (args.Length == 0)
{
    await sent.DisposeAsync();
    await last.CloseAsync();
    Directory.Delete(directory, recursive: true);
}

return right ? 0 : 1;
