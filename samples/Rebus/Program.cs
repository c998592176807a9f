using LogEngine;
using LogEngine.Rebus;
using Rebus.Activation;
using Rebus.Bus;
using Rebus.Config;
using Rebus.Logging;
using RebusSample;

// Two endpoints on one engine and no broker: orders go through a saga, and a ledger keeps the sum of what was shipped.
// What a handler sends, its saga, what it writes and the acknowledgement are one commit, so the sum is right however
// often messages are delivered.
string directory = args.Length > 0
    ? args[0]
    : Path.Combine(Path.GetTempPath(), $"logengine-rebus-{Guid.NewGuid():N}");
await using StorageEngine engine = await StorageEngine.OpenAsync(directory);
Keyspace ledger = engine.GetKeyspace("ledger");
TaskCompletionSource shipped = new(TaskCreationOptions.RunContinuationsAsynchronously);

using BuiltinHandlerActivator bookkeeping = new();
bookkeeping.Handle<OrderShipped>((_, context, order) =>
{
    context.GetLogEngineBatch().Increment(ledger, "shipped", order.Amount);
    if (order.Number == 2)
    {
        context.TransactionContext.OnDisposed(_ => shipped.TrySetResult());
    }

    return Console.Out.WriteLineAsync($"order {order.Number}: shipped");
});
IBus books = Start(bookkeeping, "bookkeeping");
await books.Subscribe<OrderShipped>();

using BuiltinHandlerActivator sales = new();
sales.Register((bus, _) => new OrderSaga(bus));
IBus shop = Start(sales, "sales");
await shop.SendLocal(new PlaceOrder(1, 100));
await shop.SendLocal(new PlaceOrder(2, 250));
await Task.Delay(TimeSpan.FromMilliseconds(500));
await shop.SendLocal(new OrderPaid(2));
await shipped.Task;
await Task.Delay(TimeSpan.FromSeconds(3));
Console.WriteLine($"shipped for {await ledger.IncrementAsync("shipped"u8.ToArray(), 0)}; the rest is in {directory}");

IBus Start(BuiltinHandlerActivator activator, string queue) => Configure.With(activator)
    .Logging(l => l.ColoredConsole(LogLevel.Warn))
    .Transport(t => t.UseLogEngine(engine, queue))
    .Sagas(s => s.StoreInLogEngine(engine, "sagas"))
    .Subscriptions(s => s.StoreInLogEngine(engine, "subscriptions"))
    .Start();
