using System.Globalization;
using LogEngine.PostgreSql;

namespace LogEngine.RebusTests;

/// <summary>Buses of several engine objects, as of several processes, on one database server.</summary>
public sealed class ServerTests
{
    [SkippableFact]
    public async Task Buses_on_a_server_share_a_queue_and_each_message_has_its_effects_once()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync();
        PostgreSqlEngineOptions options = new() { ConnectionString = server.ConnectionString };
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine other = await PostgreSqlEngine.OpenAsync(options);
        int failed = 0;
        using BuiltinHandlerActivator first = Handling(one);
        using BuiltinHandlerActivator second = Handling(other);
        IBus bus = Start(first, one);
        Start(second, other);
        const int Messages = 60;
        using (RebusTransactionScope scope = new())
        {
            for (int number = 0; number < Messages; number++)
            {
                await bus.SendLocal(new Work(number));
            }

            await scope.CompleteAsync();
        }

        await using DurableQueue done = await one.OpenQueueAsync("done", new QueueOptions { MaxDeliveries = 0 });
        for (int look = 0; (await done.GetStatisticsAsync()).Ready < Messages; look++)
        {
            Assert.True(look < 600, "not all are handled");
            await Task.Delay(50);
        }

        Assert.Equal(Messages, (await done.GetStatisticsAsync()).Ready);
        Assert.True(failed > 0, "no handler has failed");
        Keyspace effects = other.GetKeyspace("effects");
        await foreach (KeyValueEntry effect in effects.Scan().ReadAllAsync())
        {
            Assert.Equal(1, await effects.IncrementAsync(effect.Key, 0));
        }

        Assert.Equal(Messages, await effects.CountAsync());

        BuiltinHandlerActivator Handling(StorageEngine engine)
        {
            BuiltinHandlerActivator activator = new();
            Keyspace keyspace = engine.GetKeyspace("effects");
            activator.Handle<Work>(async (sender, context, work) =>
            {
                context.GetLogEngineBatch().Increment(
                    keyspace, work.Number.ToString(CultureInfo.InvariantCulture));
                await sender.Advanced.Routing.Send("done", new Done(work.Number));
                if (work.Number % 10 == 0 && context.Headers[Headers.DeliveryCount] == "1")
                {
                    Interlocked.Increment(ref failed);
                    throw new InvalidOperationException("not the first time");
                }
            });
            return activator;
        }
    }

    private static IBus Start(BuiltinHandlerActivator activator, StorageEngine engine) =>
        Configure.With(activator)
            .Logging(l => l.None())
            .Transport(t => t.UseLogEngine(engine, "worker", new LogEngineTransportOptions { Prefetch = 4 }))
            .Start();
}
