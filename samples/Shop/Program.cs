using LogEngine;
using LogEngine.Stores;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shop;

// Orders come in by a queue; a hosted processor makes each a document and an event; a bookkeeper
// follows the events. The application is started three times on one directory, and every order is
// sent twice: at the end each is there once, and the total is right.
string directory = args.Length > 0
    ? args[0]
    : Path.Combine(Path.GetTempPath(), $"logengine-shop-{Guid.NewGuid():N}");
const int OrdersOfADay = 40;
const int Days = 3;

long total = 0;
int taken = 0;
for (int day = 0; day < Days; day++)
{
    HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
    builder.Services.AddLogEngine(Names.Engine, settings => settings.Embedded.Directory = directory)
        .AddShop()
        .AddQueueHandler<Order, OrderHandler>(Names.Incoming, ShopJson.Default.Order);
    using IHost shop = builder.Build();
    await shop.StartAsync();
    IServiceProvider services = shop.Services;
    DurableQueue incoming = services.GetRequiredKeyedService<DurableQueue>(Names.Incoming);
    foreach (int number in Enumerable.Range((day * OrdersOfADay) + 1, OrdersOfADay))
    {
        Order order = new(number, number % 2 == 0 ? "pear" : "apple", 100 + number);
        for (int time = 0; time < 2; time++)
        {
            await incoming.EnqueueAsync(
                order, ShopJson.Default.Order, message => message with { DeduplicationId = order.Key });
        }
    }

    while ((await incoming.GetStatisticsAsync()).Acknowledged < OrdersOfADay)
    {
        await Task.Delay(10);
    }

    DocumentStore orders = services.GetRequiredKeyedService<DocumentStore>(Names.Orders);
    Bookkeeper bookkeeper = new(
        services.GetRequiredService<StorageEngine>(),
        services.GetRequiredKeyedService<Topic>(Names.Sales),
        services.GetRequiredKeyedService<CheckpointStore>(Names.Totals));
    total = await bookkeeper.CountAsync();
    taken = 0;
    await foreach (Document<Order> order in orders.ReadAllAsync(ShopJson.Default.Order))
    {
        taken += order.Value.Number == taken + 1 ? 1 : 0;
    }

    await shop.StopAsync();
}

const int All = Days * OrdersOfADay;
const long Expected = (100L * All) + ((long)All * (All + 1) / 2);
Console.WriteLine($"{taken} orders of {All}, {total} cents of {Expected}, {Days} starts");
if (args.Length == 0)
{
    Directory.Delete(directory, recursive: true);
}

return taken == All && total == Expected ? 0 : 1;
