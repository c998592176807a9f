using Akka;
using Akka.Persistence.Query;
using Akka.Streams.Dsl;

namespace LogEngine.AkkaTests;

/// <summary>
/// What Akka asks of a read journal: the cases of its own suite for authors of journals, and what this one promises
/// beyond them.
/// </summary>
public sealed class QueryTests
{
    private const long Max = long.MaxValue;

    [Fact]
    public async Task Events_by_tag_come_in_the_order_of_their_commits()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        IActorRef a = system.Start("a");
        IActorRef b = system.Start("b");
        await a.PersistAsync("hello");
        await a.PersistAsync("a green apple");
        await b.PersistAsync("a black car");
        await a.PersistAsync("something else");
        await a.PersistAsync("a green banana");
        await b.PersistAsync("a green leaf, not a black one");

        IReadOnlyList<EventEnvelope> green =
            await system.Queries.CurrentEventsByTag("green", Offset.NoOffset()).AllAsync(system);

        Assert.Equal(
            ["a 2 a green apple", "a 4 a green banana", "b 2 a green leaf, not a black one"], green.Select(Say));
        Assert.Equal(["black", "green"], green[2].Tags);
        Assert.All(green, envelope => Assert.True(envelope.Timestamp > 0));
        Assert.Equal(
            ["b 1 a black car", "b 2 a green leaf, not a black one"],
            (await system.Queries.CurrentEventsByTag("black").AllAsync(system)).Select(Say));
        Assert.Empty(await system.Queries.CurrentEventsByTag("pink").AllAsync(system));
        Assert.Empty(await system.Queries.CurrentEventsByTag("gree").AllAsync(system));
        Assert.Equal(
            ["b 2 a green leaf, not a black one"],
            (await system.Queries.CurrentEventsByTag("green", green[1].Offset).AllAsync(system)).Select(Say));
        Assert.Throws<ArgumentException>(
            () => system.Queries.CurrentEventsByTag("green", Offset.TimeBasedUuid(Guid.NewGuid())));
    }

    [Fact]
    public async Task A_query_of_what_is_there_ends_with_what_was_there_when_it_began()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        IActorRef a = system.Start("a");
        await a.PersistAsync([.. Enumerable.Range(1, 150).Select(number => $"green {number}")]);
        Streams.Live<EventEnvelope> byTag = system.Queries.CurrentEventsByTag("green").Run(system);
        Streams.Live<EventEnvelope> byId = system.Queries.CurrentEventsByPersistenceId("a", 0, Max).Run(system);
        Streams.Live<EventEnvelope> all = system.Queries.CurrentAllEvents(Offset.NoOffset()).Run(system);
        Streams.Live<string> ids = system.Queries.CurrentPersistenceIds().Run(system);
        Streams.Live<EventEnvelope>[] queries = [byTag, byId, all];
        foreach (Streams.Live<EventEnvelope> query in queries)
        {
            await query.NextAsync();
        }

        Assert.Equal("a", await ids.NextAsync());
        await a.PersistAsync("green 151");
        await system.Start("b").PersistAsync("green");

        foreach (Streams.Live<EventEnvelope> query in queries)
        {
            Assert.Equal(
                Enumerable.Range(2, 149), (await query.NextAsync(149)).Select(envelope => (int)envelope.SequenceNr));
            await query.EndsAsync();
        }

        await ids.EndsAsync();
    }

    [Fact]
    public async Task Live_queries_go_on_with_what_is_written_and_are_woken_by_one_watch()
    {
        await using TestSystem system = await TestSystem.StartAsync(files: true);
        IActorRef a = system.Start("a");
        await a.PersistAsync("green 1");
        Streams.Live<EventEnvelope> byTag = system.Queries.EventsByTag("green").Run(system);
        Streams.Live<EventEnvelope> byId = system.Queries.EventsByPersistenceId("a", 0, Max).Run(system);
        Streams.Live<EventEnvelope> upTo3 = system.Queries.EventsByPersistenceId("a", 2, 3).Run(system);
        Streams.Live<EventEnvelope> all = system.Queries.AllEvents(Offset.NoOffset()).Run(system);
        Streams.Live<string> ids = system.Queries.PersistenceIds().Run(system);
        Assert.Equal("a 1 green 1", Say(await byTag.NextAsync()));
        Assert.Equal("a 1 green 1", Say(await byId.NextAsync()));
        Assert.Equal("a 1 green 1", Say(await all.NextAsync()));
        Assert.Equal("a", await ids.NextAsync());
        Task<EventEnvelope> next = byTag.NextAsync();
        Task<string> nextId = ids.NextAsync();
        Assert.Equal(1, system.Embedded.Statistics.OpenWatches);

        IActorRef b = system.Start("b");
        await b.PersistAsync("blue");
        await b.PersistAsync("green too");
        await a.PersistAsync("grey");
        await a.PersistAsync("a third one");

        Assert.Equal("b 2 green too", Say(await next));
        Assert.Equal("b", await nextId);
        Assert.Equal(["a 2 grey", "a 3 a third one"], (await byId.NextAsync(2)).Select(Say));
        Assert.Equal(["a 2 grey", "a 3 a third one"], (await upTo3.NextAsync(2)).Select(Say));
        await upTo3.EndsAsync();
        Assert.Equal(
            ["b 1 blue", "b 2 green too", "a 2 grey", "a 3 a third one"], (await all.NextAsync(4)).Select(Say));

        byTag.Stop();
        byId.Stop();
        all.Stop();
        ids.Stop();
        await Eventually.IsTrueAsync(
            () => system.Embedded.Statistics.OpenWatches == 0, "the watch ends with the last live query");
        await a.PersistAsync("green 4");
        Streams.Live<EventEnvelope> again = system.Queries.EventsByTag("green", Offset.FromEnd(1)).Run(system);
        Assert.Equal("a 4 green 4", Say(await again.NextAsync()));
        Task<EventEnvelope> last = again.NextAsync();
        await a.PersistAsync("green 5");
        Assert.Equal("a 5 green 5", Say(await last));
    }

    /// <summary>A consumer that keeps his offset misses none, whoever writes at the same time.</summary>
    [Fact]
    public async Task A_live_query_misses_nothing_of_many_who_write_at_once()
    {
        await using TestSystem system = await TestSystem.StartAsync(files: true);
        const int Actors = 16;
        const int Each = 30;
        Streams.Live<EventEnvelope> live = system.Queries.EventsByTag("green").Run(system);
        Task<List<EventEnvelope>> reading = live.NextAsync(Actors * Each);
        await Task.WhenAll(Enumerable.Range(0, Actors).Select(async number =>
        {
            IActorRef recorder = system.Start($"p-{number}");
            for (int at = 0; at < Each; at++)
            {
                await recorder.PersistAsync($"green {at}");
            }
        }));

        List<EventEnvelope> read = await reading;

        foreach (IGrouping<string, EventEnvelope> of in read.GroupBy(envelope => envelope.PersistenceId))
        {
            Assert.Equal(Enumerable.Range(1, Each), of.Select(envelope => (int)envelope.SequenceNr));
        }

        Assert.Equal(
            read.Select(envelope => ((Sequence)envelope.Offset).Value).Order(),
            read.Select(envelope => ((Sequence)envelope.Offset).Value));
        Assert.Equal(Actors, read.DistinctBy(envelope => envelope.PersistenceId).Count());
        live.Stop();
    }

    [Fact]
    public async Task Events_of_an_id_are_found_within_bounds()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        await system.Start("a").PersistAsync("1", "2", "3");
        foreach ((long from, long to, string expected) in new[]
        {
            (0, Max, "1 2 3"),
            (0, 2, "1 2"),
            (2, Max, "2 3"),
            (0, 0, ""),
            (4, 3, ""),
            (4, Max, ""),
        })
        {
            Assert.Equal(expected, await EventsAsync(system.Queries.CurrentEventsByPersistenceId("a", from, to)));
            Assert.Equal("", await EventsAsync(system.Queries.CurrentEventsByPersistenceId("unknown", from, to)));
            if (to < Max)
            {
                Assert.Equal(expected, await EventsAsync(system.Queries.EventsByPersistenceId("a", from, to)));
            }
        }

        async Task<string> EventsAsync(Source<EventEnvelope, NotUsed> source) =>
            string.Join(' ', (await source.AllAsync(system)).Select(envelope => envelope.Event));
    }

    [Fact]
    public async Task Deleted_events_are_not_found_and_their_id_is()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        IActorRef a = system.Start("a");
        await a.PersistAsync("green 1", "green 2", "green 3");
        await a.DeleteAsync(2);

        Assert.Equal(
            ["a 3 green 3"],
            (await system.Queries.CurrentEventsByPersistenceId("a", 0, Max).AllAsync(system)).Select(Say));
        Assert.Equal(["a 3 green 3"], (await system.Queries.CurrentEventsByTag("green").AllAsync(system)).Select(Say));
        Assert.Equal(["a 3 green 3"], (await system.Queries.CurrentAllEvents().AllAsync(system)).Select(Say));

        await a.DeleteAsync(3);
        Assert.Empty(await system.Queries.CurrentEventsByPersistenceId("a", 0, Max).AllAsync(system));
        Assert.Empty(await system.Queries.CurrentEventsByTag("green").AllAsync(system));
        Assert.Empty(await system.Queries.EventsByPersistenceId("a", 0, 3).AllAsync(system));
        Assert.Equal(["a"], await system.Queries.CurrentPersistenceIds().AllAsync(system));
    }

    [Fact]
    public async Task A_query_from_the_end_begins_with_the_last_so_many()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        Assert.Empty(await system.Queries.CurrentAllEvents(Offset.FromEnd(3)).AllAsync(system));
        await system.Start("a").PersistAsync([.. Enumerable.Range(1, 10).Select(number => $"green {number}")]);

        Assert.Equal("8 9 10", await NumbersAsync(system.Queries.CurrentEventsByTag("green", Offset.FromEnd(3))));
        Assert.Equal("9 10", await NumbersAsync(system.Queries.CurrentAllEvents(Offset.FromEnd(2))));
        Assert.Equal("1 2 3 4 5 6 7 8 9 10", await NumbersAsync(system.Queries.CurrentAllEvents(Offset.FromEnd(100))));

        async Task<string> NumbersAsync(Source<EventEnvelope, NotUsed> source) =>
            string.Join(' ', (await source.AllAsync(system)).Select(envelope => envelope.SequenceNr));
    }

    [Fact]
    public async Task Ids_come_once_in_the_order_of_their_first_events()
    {
        await using TestSystem system = await TestSystem.StartAsync();
        foreach (string id in new[] { "c", "a", "b" })
        {
            await system.Start(id).PersistAsync("1", "2", "3");
        }

        IActorRef rejected = system.Start("unwritten");
        Assert.Empty(await rejected.TextsAsync());

        Assert.Equal(["c", "a", "b"], await system.Queries.CurrentPersistenceIds().AllAsync(system));
    }

    [Fact]
    public async Task A_journal_without_the_order_of_all_events_keeps_fewer_keys_and_says_so()
    {
        await using TestSystem system = await TestSystem.StartAsync(
            more: "akka.persistence.journal.logengine.all-events = off");
        IActorRef a = system.Start("a");
        await a.PersistAsync("green", "grey");

        Assert.Throws<NotSupportedException>(() => system.Queries.AllEvents());
        Assert.Equal(["a 1 green"], (await system.Queries.CurrentEventsByTag("green").AllAsync(system)).Select(Say));
        Keyspace journal = system.Engine.GetStoreKeyspace("logengine/akka/journal/default");
        Assert.Equal(2 + 1 + 2, await journal.CountAsync());
        await a.DeleteAsync(2);
        Assert.Equal(2, await journal.CountAsync());
    }

    private static string Say(EventEnvelope envelope) =>
        $"{envelope.PersistenceId} {envelope.SequenceNr} {envelope.Event}";
}
