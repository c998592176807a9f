using LogEngine.Conformance.Backends;
using LogEngine.Stores.Migration;
using LogEngine.Stores.Queues;

namespace LogEngine.Conformance;

/// <summary>Everything goes to PostgreSQL, and back.</summary>
public sealed class PostgreMigrationTests(PostgreFixture fixture) : IClassFixture<PostgreFixture>
{
    private static readonly MigrationOptions Ahead = new() { Ahead = true };
    private static readonly MigrationOptions Resumed = new() { Resume = true };

    [SkippableFact]
    public async Task Everything_goes_to_PostgreSQL_and_back()
    {
        await using ConformanceSession session = await OpenAsync();
        await using EmbeddedEngine source = Memory(session);
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        MigrationReport there = await EngineMigration.RunAsync(source, session.Engine);
        List<string> before = await FurnishedEngine.ListAsync(source, hasQueues: true);
        Assert.Equal(before, await FurnishedEngine.ListAsync(session.Engine, hasQueues: true));
        Assert.Equal(
            await FurnishedEngine.ByVersionAsync(source, "orders"),
            await FurnishedEngine.ByVersionAsync(session.Engine, "orders"));
        await using EmbeddedEngine target = Memory(session);
        MigrationReport back = await EngineMigration.RunAsync(session.Engine, target);
        Assert.Equal(there.Checks, back.Checks);
        Assert.Equal(before, await FurnishedEngine.ListAsync(target, hasQueues: true));
    }

    [SkippableFact]
    public async Task What_changes_while_it_goes_to_PostgreSQL_is_copied_afterwards()
    {
        await using ConformanceSession session = await OpenAsync();
        await using EmbeddedEngine source = Memory(session);
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await EngineMigration.RunAsync(source, session.Engine, Ahead);
        await ChangeAsync(source);
        await EngineMigration.RunAsync(source, session.Engine, Resumed);
        Assert.Equal(
            await FurnishedEngine.ListAsync(source, hasQueues: true),
            await FurnishedEngine.ListAsync(session.Engine, hasQueues: true));
    }

    [SkippableFact]
    public async Task What_changes_while_it_comes_from_PostgreSQL_is_copied_afterwards()
    {
        await using ConformanceSession session = await OpenAsync();
        await using EmbeddedEngine source = Memory(session);
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await EngineMigration.RunAsync(source, session.Engine);
        await using EmbeddedEngine target = Memory(session);
        await EngineMigration.RunAsync(session.Engine, target, Ahead);
        await ChangeAsync(session.Engine);
        await EngineMigration.RunAsync(session.Engine, target, Resumed);
        Assert.Equal(
            await FurnishedEngine.ListAsync(session.Engine, hasQueues: true),
            await FurnishedEngine.ListAsync(target, hasQueues: true));
    }

    [SkippableFact]
    public async Task A_queue_on_PostgreSQL_goes_on_where_the_embedded_one_was()
    {
        await using ConformanceSession session = await OpenAsync();
        await using EmbeddedEngine source = Memory(session);
        await FurnishedEngine.FillAsync(source, hasQueues: true);
        await EngineMigration.RunAsync(source, session.Engine);
        DurableQueue queue = await session.OpenQueueAsync(new QueueOptions { MaxDeliveries = 2 });
        QueueDelivery leased = (await queue.TryReceiveAsync())!;
        Assert.Equal("leased"u8.ToArray(), leased.Body.ToArray());
        Assert.Equal(2, leased.DeliveryCount);
        await leased.AcknowledgeAsync();
        EnqueueResult again = await queue.EnqueueAsync(
            new QueueMessage("twice"u8.ToArray()) { DeduplicationId = "only" });
        Assert.Equal(EnqueueOutcome.Duplicate, again.Outcome);
        long known = (await queue.PeekAsync(100)).Max(message => message.Id);
        Assert.True((await queue.EnqueueAsync(new QueueMessage(default))).Id > known);
        DeadLetter dead = Assert.Single(await queue.DeadLetters.ListAsync().ToListAsync());
        Assert.Equal(("it is wrong", 1), (dead.Reason, dead.DeliveryCount));
        session.Advance(TimeSpan.FromHours(1));
        Assert.Contains(
            await queue.ReceiveManyAsync(100),
            delivery => delivery.Body.Span.SequenceEqual("refused"u8) && delivery.DeliveryCount == 2);
    }

    [SkippableFact]
    public async Task Groups_on_PostgreSQL_go_on_where_the_embedded_ones_were()
    {
        await using ConformanceSession session = await OpenAsync();
        await using EmbeddedEngine source = Memory(session);
        await using (DurableQueue from = await source.OpenQueueAsync("jobs"))
        {
            // More than are taken over at once.
            await from.EnqueueManyAsync([.. Enumerable.Range(0, 1300).Select(
                i => new QueueMessage(default) { GroupId = $"{i % 2}", Lane = i % 8 })]);
        }

        await EngineMigration.RunAsync(source, session.Engine);
        DurableQueue queue = await session.OpenQueueAsync();
        QueueStatistics there = await queue.GetStatisticsAsync();
        Assert.Equal((2L, 1298L), (there.Ready, there.HeldBack));
        for (int round = 0; round < 5; round++)
        {
            IReadOnlyList<QueueDelivery> firsts = await queue.ReceiveManyAsync(10);
            Assert.Equal(
                [(2 * round) + 1L, (2 * round) + 2L], firsts.Select(delivery => delivery.Id).Order());
            foreach (QueueDelivery first in firsts)
            {
                await first.AcknowledgeAsync();
            }
        }
    }

    [SkippableFact]
    public async Task What_is_taken_over_twice_or_over_another_one_keeps_its_groups()
    {
        await using ConformanceSession session = await OpenAsync();
        IQueueProvider queues = EngineQueues.ProviderOf(session.Engine)!;
        QueueRecord[] records =
        [
            .. new (long Id, string Group)[] { (5, "a"), (6, "a"), (7, "a"), (8, "b") }.Select(one => new QueueRecord
            {
                Kind = QueueRecordKind.Message,
                Id = one.Id,
                GroupId = one.Group,
            }),
        ];
        for (int i = 0; i < 2; i++)
        {
            await queues.ImportAsync("jobs", records, Durability.None, default);
        }

        await queues.ImportAsync("jobs", [records[0] with { GroupId = "b" }], Durability.None, default);
        DurableQueue queue = await session.OpenQueueAsync();
        foreach (long[] firsts in (long[][])[[6, 8], [5, 7]])
        {
            IReadOnlyList<QueueDelivery> some = await queue.ReceiveManyAsync(10);
            Assert.Equal(firsts, some.Select(delivery => delivery.Id).Order());
            foreach (QueueDelivery one in some)
            {
                await one.AcknowledgeAsync();
            }

            // A look at the whole finds the one that follows a higher id.
            session.Advance(TimeSpan.FromSeconds(2));
        }
    }

    // It was listed as one with an empty body, and could be replayed as such.
    [SkippableFact]
    public async Task A_dead_letter_that_was_lost_before_stays_unreadable()
    {
        await using ConformanceSession session = await OpenAsync();
        QueueRecord lost = new()
        {
            Kind = QueueRecordKind.DeadLetter,
            Id = 5,
            GroupId = "a",
            Reason = "it was damaged",
            IsUnreadable = true,
        };
        await EngineQueues.ProviderOf(session.Engine)!
            .ImportAsync("jobs", [lost], Durability.None, default);
        DurableQueue queue = await session.OpenQueueAsync();
        DeadLetter letter = Assert.Single(await queue.DeadLetters.ListAsync().ToListAsync());
        Assert.Equal(("it was damaged", "a"), (letter.Unreadable, letter.GroupId));
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await queue.DeadLetters.ReplayAsync(5));
        await using EmbeddedEngine target = Memory(session);
        MigrationReport back = await EngineMigration.RunAsync(session.Engine, target);
        Assert.Single(back.Checks, check => check.IsQueue && check.Count == 1);
    }

    private static async Task ChangeAsync(StorageEngine source)
    {
        Keyspace orders = source.GetKeyspace("orders");
        await orders.PutAsync("order 0001"u8.ToArray(), "other"u8.ToArray());
        await orders.DeleteAsync("order 0003"u8.ToArray());
        await orders.TouchAsync("order 0007"u8.ToArray(), null);
        await source.GetKeyspace("new").PutAsync("k"u8.ToArray(), "v"u8.ToArray());
        await source.DropKeyspaceAsync("large");
    }

    private static EmbeddedEngine Memory(ConformanceSession session) => StorageEngine.OpenInMemory(
        new StorageEngineOptions { TimeProvider = session.Time });

    private async Task<ConformanceSession> OpenAsync()
    {
        PostgreSession session = new(fixture.Server, PostgreStep.Reopen);
        await session.StartAsync();
        return session;
    }
}
