using System.Globalization;
using LogEngine;
using LogEngine.Stores;
using LogEngine.Stores.Messages;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shop;

// The shop of samples/Shop, which begins in a directory and goes on in a database, where several of it work
// at the same time. Nothing here says which engine it is: the configuration does. README.md has the story.
//
//   sell FIRST LAST   takes these orders in, each sent twice
//   work COUNT        works until there are so many orders altogether
//   books COUNT       counts; exit code 0 where so many orders are there, each once, and the total is right
HostApplicationBuilder builder = Host.CreateApplicationBuilder(
    new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
builder.Services.AddLogEnginePostgreSql();
LogEngine.Extensions.LogEngineBuilder engine = builder.Services.AddLogEngine(Names.Engine).AddShop();
if (args is ["work", _])
{
    engine.AddQueueHandler<Order, OrderHandler>(Names.Incoming, ShopJson.Default.Order);
}

using IHost shop = builder.Build();
await shop.StartAsync();
IServiceProvider services = shop.Services;
DurableQueue incoming = services.GetRequiredKeyedService<DurableQueue>(Names.Incoming);
DocumentStore orders = services.GetRequiredKeyedService<DocumentStore>(Names.Orders);
int code = args switch
{
    ["sell", string first, string last] => await SellAsync(Number(first), Number(last)),
    ["work", string count] => await WorkAsync(Number(count)),
    ["books", string count] => await CountAsync(Number(count)),
    _ => throw new ArgumentException("sell FIRST LAST, work COUNT, or books COUNT"),
};
await shop.StopAsync();
return code;

async Task<int> SellAsync(int first, int last)
{
    int sold = 0;
    foreach (int number in Enumerable.Range(first, last - first + 1))
    {
        Order order = new(number, number % 2 == 0 ? "pear" : "apple", 100 + number);
        for (int time = 0; time < 2; time++)
        {
            EnqueueResult result = await incoming.EnqueueAsync(
                order, ShopJson.Default.Order, message => message with { DeduplicationId = order.Key });
            sold += result.Outcome == EnqueueOutcome.Enqueued ? 1 : 0;
        }
    }

    Console.WriteLine($"sold {sold}");
    return 0;
}

async Task<int> WorkAsync(int count)
{
    Console.WriteLine("working");
    while (await orders.CountAsync() < count)
    {
        await Task.Delay(50);
    }

    Console.WriteLine($"took {(await incoming.GetStatisticsAsync()).Acknowledged} of {count}");
    return 0;
}

async Task<int> CountAsync(int count)
{
    Bookkeeper bookkeeper = new(
        services.GetRequiredService<StorageEngine>(),
        services.GetRequiredKeyedService<Topic>(Names.Sales),
        services.GetRequiredKeyedService<CheckpointStore>(Names.Totals));

    // A sale for each time that an order was taken: one taken twice, or lost, would make another total.
    long total = await bookkeeper.CountAsync();
    long expected = (100L * count) + ((long)count * (count + 1) / 2);
    int taken = 0;
    await foreach (Document<Order> order in orders.ReadAllAsync(ShopJson.Default.Order))
    {
        taken += order.Value.Number == taken + 1 ? 1 : 0;
    }

    Console.WriteLine($"{taken} orders of {count}, {total} cents of {expected}");
    return taken == count && total == expected ? 0 : 1;
}

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
