using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

internal static class QueueGroupCases
{
    [Case(Store, "groups")]
    internal static async Task Messages_of_a_group_come_in_order_one_at_a_time(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await SendAsync(s, "a1", "a", lane: 7);
        await SendAsync(s, "a2", "a", lane: 0);
        await SendAsync(s, "b1", "b", lane: 3);
        await s.SendAsync("free", lane: 5);
        await s.RestartAsync();
        IReadOnlyList<QueueDelivery> first = await s.Queue.ReceiveManyAsync(10);

        // The second of a group waits, whatever its lane; the first stands in its own.
        Assert.Equal(["b1", "free", "a1"], first.Select(d => Text(d.Body)));
        Assert.Equal(["b", null, "a"], first.Select(d => d.GroupId));
        Assert.Equal((0L, 1L), (s.Queue.Statistics.Ready, s.Queue.Statistics.HeldBack));
        await first[2].AcknowledgeAsync();
        Assert.Equal("a2", Text((await s.ReceiveAsync()).Body));
    }

    [Case(Store, "groups")]
    internal static async Task A_message_that_comes_back_holds_back_its_own_group_alone(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        foreach (string body in (string[])["a1", "a2", "b1", "b2", "c1", "c2"])
        {
            await SendAsync(s, body, body[..1]);
        }

        // One is refused with a delay, one whose lease ends, one that is dealt with.
        QueueDelivery delayed = await s.ReceiveAsync();
        await delayed.NegativeAcknowledgeAsync(TimeSpan.FromHours(1));
        QueueDelivery left = await s.ReceiveAsync();
        await (await s.ReceiveAsync()).AcknowledgeAsync();
        Assert.Equal(["c2"], await s.DrainAsync());
        s.Advance(s.Queue.Options.LeaseDuration);
        QueueDelivery again = await s.ReceiveAsync();
        Assert.Equal((left.Id, 2), (again.Id, again.DeliveryCount));
        await again.AcknowledgeAsync();
        Assert.Equal(["b2"], await s.DrainAsync());
        await s.RestartAsync();
        Assert.Null(await s.Queue.TryReceiveAsync());
        Assert.Equal((1L, 1L), (s.Queue.Statistics.Scheduled, s.Queue.Statistics.HeldBack));
        s.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, Assert.Single(await s.Queue.PeekAsync(10)).DeliveryCount);
        Assert.Equal(["a1", "a2"], await s.DrainAsync());
    }

    [Case(Store, "groups")]
    internal static async Task A_message_that_waits_for_its_time_holds_back_its_group(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.Queue.EnqueueAsync(
            Message("a1") with { GroupId = "a", Delay = TimeSpan.FromHours(1) });
        await SendAsync(s, "a2", "a");
        await s.SendAsync("free");
        await s.RestartAsync();
        Assert.Equal(["free"], await s.DrainAsync());
        s.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["a1", "a2"], await s.DrainAsync());
    }

    [Case(Store, "groups")]
    internal static async Task A_message_that_dies_lets_the_next_one_go_and_is_replayed_behind_it(
        ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxDeliveries = 1 });
        await SendAsync(s, "a1", "a");
        await SendAsync(s, "a2", "a");
        await (await s.ReceiveAsync()).NegativeAcknowledgeAsync(reason: "no good");
        await s.RestartAsync();
        DeadLetter dead = Assert.Single(await s.DeadLettersAsync());
        Assert.Equal(("a1", "a"), (Text(dead.Body), dead.GroupId));
        Assert.True(await s.Queue.DeadLetters.ReplayAsync(dead.Id));
        await s.RestartAsync();
        Assert.Equal(["a2", "a1"], await s.DrainAsync());
        Assert.Equal((0L, 0L), (s.Queue.Statistics.HeldBack, s.Queue.Statistics.Bytes));
    }

    [Case(Store, "groups")]
    internal static async Task A_full_queue_drops_the_oldest_of_groups_too(ConformanceSession s)
    {
        await s.OpenQueueAsync(
            new QueueOptions { MaxMessages = 4, AtLimit = QueueLimitAction.DropOldest });
        foreach (string body in (string[])["a1", "a2", "a3", "b1"])
        {
            await SendAsync(s, body, body[..1]);
        }

        await s.Queue.EnqueueManyAsync(
            [Message("a4") with { GroupId = "a" }, Message("b2") with { GroupId = "b" }]);
        await s.RestartAsync();
        Assert.Equal(4, s.Queue.Statistics.Ready + s.Queue.Statistics.HeldBack);
        Assert.Equal(["a3", "b1", "a4", "b2"], await s.DrainAsync());
    }

    [Case(Store, "groups")]
    internal static async Task A_purge_frees_the_groups(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await SendAsync(s, "a1", "a");
        await SendAsync(s, "a2", "a");
        await SendAsync(s, "b1", "b");
        QueueDelivery leased = await s.ReceiveAsync();
        Assert.Equal(3, await s.Queue.PurgeAsync());
        await Assert.ThrowsAsync<LeaseLostException>(async () => await leased.AcknowledgeAsync());
        await SendAsync(s, "a3", "a");
        Assert.Equal(["a3"], await s.DrainAsync());
    }

    [Case(Store, "groups")]
    internal static async Task Of_many_groups_each_keeps_its_order(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        for (int round = 0; round < 3; round++)
        {
            await s.Queue.EnqueueManyAsync([.. Enumerable.Range(0, 200)
                .Select(i => Message($"{i}/{round}") with { GroupId = $"{i}", Lane = i % 8 })]);
        }

        await s.RestartAsync();
        Dictionary<string, int> next = [];
        while (await s.Queue.ReceiveManyAsync(500) is { Count: > 0 } some)
        {
            Assert.Equal(200, some.Count);
            foreach (QueueDelivery delivery in some)
            {
                Assert.Equal(
                    $"{delivery.GroupId}/{next.GetValueOrDefault(delivery.GroupId!)}",
                    Text(delivery.Body));
                next[delivery.GroupId!] = next.GetValueOrDefault(delivery.GroupId!) + 1;
                await delivery.AcknowledgeAsync(Durability.ProcessCrash);
            }
        }

        Assert.Equal(600, next.Values.Sum());
    }

    [Case(Store, "groups")]
    internal static async Task A_group_id_is_checked(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        foreach (string bad in (string[])["", new string('a', 129), "\ud800"])
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await SendAsync(s, "x", bad));
        }

        await SendAsync(s, "x", new string('ä', 64));
        await s.RestartAsync();
        Assert.Equal(new string('ä', 64), (await s.ReceiveAsync()).GroupId);
    }

    private static async Task SendAsync(
        ConformanceSession s, string body, string group, int? lane = null) =>
        await s.Queue.EnqueueAsync(Message(body) with { GroupId = group, Lane = lane ?? QueueMessage.DefaultLane });
}
