using Akka.Persistence.Query;
using LogEngine.PostgreSql;

namespace LogEngine.AkkaTests;

/// <summary>Actor systems on several engine objects, as of several processes, on one database server.</summary>
public sealed class ServerTests
{
    [SkippableFact]
    public async Task Actor_systems_on_a_server_share_a_journal_and_wake_each_others_queries()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        await using PostgreServer server = await PostgreServer.StartNewAsync();
        PostgreSqlEngineOptions options = new() { ConnectionString = server.ConnectionString };
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine other = await PostgreSqlEngine.OpenAsync(options);
        await using TestSystem first = TestSystem.StartOn(one);
        await using TestSystem second = TestSystem.StartOn(other);
        const int Actors = 4;
        const int Each = 5;
        Streams.Live<EventEnvelope> live = second.Queries.EventsByTag("green").Run(second);
        Task<List<EventEnvelope>> reading = live.NextAsync(2 * Actors * Each);

        await Task.WhenAll(
            Enumerable.Range(0, Actors).SelectMany(number => new[]
            {
                PersistAsync(first.Start($"first-{number}")), PersistAsync(second.Start($"second-{number}")),
            }));
        List<EventEnvelope> read = await reading;
        live.Stop();

        Assert.Equal(2 * Actors, read.Select(envelope => envelope.PersistenceId).Distinct().Count());
        foreach (IGrouping<string, EventEnvelope> of in read.GroupBy(envelope => envelope.PersistenceId))
        {
            Assert.Equal(Enumerable.Range(1, Each), of.Select(envelope => (int)envelope.SequenceNr));
        }

        Assert.Equal(
            read.Select(envelope => envelope.Offset),
            (await first.Queries.CurrentEventsByTag("green").AllAsync(first)).Select(envelope => envelope.Offset));

        // An actor moves from one process to the other, and what is deleted there leaves nothing here.
        IActorRef moved = second.Start("first-0");
        Assert.Equal(Each, (await moved.TextsAsync()).Length);
        await moved.SnapshotAsync();
        await moved.DeleteAsync(Each);
        Assert.Equal(Each + 1, await moved.PersistAsync("grey"));
        Keyspace journal = one.GetStoreKeyspace("logengine/akka/journal/default");
        Assert.Equal(3 * (2 * Actors - 1) * Each + 2 + 2 * 2 * Actors, await journal.CountAsync());

        static async Task PersistAsync(IActorRef recorder)
        {
            for (int number = 1; number <= Each; number++)
            {
                Assert.Equal(number, await recorder.PersistAsync($"green {number}"));
            }
        }
    }
}
