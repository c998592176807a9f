using LogEngine.PostgreSql;

namespace LogEngine.OrleansTests;

/// <summary>
/// A cluster of two silos, each with an engine object of its own as of another process, on one server.
/// </summary>
[Collection(BackendTests.Name)]
public sealed class ServerTests(Backends backends)
{
    [SkippableFact]
    public async Task Silos_of_a_cluster_share_states_and_reminders_and_one_goes_on_with_those_of_the_other()
    {
        PostgreSqlEngineOptions options = new() { ConnectionString = backends.ConnectionString, Schema = "silos" };
        await using PostgreSqlEngine first = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine second = await PostgreSqlEngine.OpenAsync(options);
        (IHost one, int port) = await TestSilo.StartAsync(first);
        (IHost other, _) = await TestSilo.StartAsync(second, primary: port);
        const int Grains = 8;
        await Parallel.ForEachAsync(Enumerable.Range(0, Grains), async (grain, _) =>
        {
            for (int add = 0; add < 4; add++)
            {
                await (add % 2 == 0 ? one : other).Counter($"{grain}").AddAsync(1);
            }

            await other.Reminders($"{grain}").RegisterAsync("later", TimeSpan.FromHours(1), TimeSpan.FromHours(1));
        });

        await other.EndAsync();

        for (int grain = 0; grain < Grains; grain++)
        {
            Assert.Equal(5, await one.Counter($"{grain}").AddAsync(1));
            Assert.Equal(["later"], await one.Reminders($"{grain}").NamesAsync());
        }

        await one.EndAsync();
        Keyspace states = first.GetStoreKeyspace("logengine/orleans/state/service");
        Assert.Equal(Grains, await states.CountAsync());
    }
}
