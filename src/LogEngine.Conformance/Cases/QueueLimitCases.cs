using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

internal static class QueueLimitCases
{
    [Case(Store, "deduplication")]
    internal static async Task Of_duplicates_that_race_one_is_written(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        EnqueueResult[] results = new EnqueueResult[64];
        await s.AtOnceAsync(64, async task => results[task] = await s.Queue.EnqueueAsync(
            Message("a") with { DeduplicationId = "once" }));
        EnqueueResult winner = Assert.Single(results, r => r.Outcome == EnqueueOutcome.Enqueued);
        Assert.All(results, r => Assert.Equal(winner.Id, r.Id));
        Assert.Equal(63, s.Queue.Statistics.Duplicates);
        await s.RestartAsync();
        Assert.Equal(["a"], await s.DrainAsync());
    }

    [Case(Store, "deduplication")]
    internal static async Task A_batch_is_written_without_its_duplicates(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        static QueueMessage Of(string body, string id) =>
            Message(body) with { DeduplicationId = id };
        EnqueueResult known = await s.Queue.EnqueueAsync(Of("known", "k"));
        IReadOnlyList<EnqueueResult> results = await s.Queue.EnqueueManyAsync(
            [Of("a", "a"), Of("b", "k"), Of("c", "a"), Message("d")]);
        Assert.Equal(
            [
                EnqueueOutcome.Enqueued, EnqueueOutcome.Duplicate, EnqueueOutcome.Duplicate,
                EnqueueOutcome.Enqueued,
            ],
            results.Select(r => r.Outcome));
        Assert.Equal((known.Id, results[0].Id), (results[1].Id, results[2].Id));
        await s.RestartAsync();
        Assert.Equal(["known", "a", "d"], await s.DrainAsync());
    }

    [Case(Store, "limits")]
    internal static async Task A_full_queue_rejects_or_drops_its_oldest_as_told(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxMessages = 3 });
        for (int i = 0; i < 3; i++)
        {
            await s.SendAsync($"{i}", lane: i);
        }

        await Assert.ThrowsAsync<QueueFullException>(() => s.SendAsync("3"));
        await s.OpenQueueAsync(
            new QueueOptions { MaxMessages = 3, AtLimit = QueueLimitAction.DropOldest });
        QueueDelivery leased = await s.ReceiveAsync();
        await s.SendAsync("3");
        await s.SendAsync("4");
        await leased.NegativeAcknowledgeAsync();
        Assert.Equal(2, s.Queue.Statistics.Dropped);
        await s.RestartAsync();
        Assert.Equal(["0", "3", "4"], await s.DrainAsync());
    }

    [Case(Store, "limits")]
    internal static async Task An_old_message_is_not_delivered_and_makes_room(ConformanceSession s)
    {
        await s.OpenQueueAsync(
            new QueueOptions { MaxMessages = 2, MaxAge = TimeSpan.FromMinutes(1) });
        await s.SendAsync("old");
        await s.Queue.EnqueueAsync(
            Message("long") with { TimeToLive = TimeSpan.FromHours(1) });
        await s.RestartAsync();
        s.Advance(TimeSpan.FromMinutes(1));
        await s.SendAsync("new");
        Assert.Equal(["long", "new"], await s.DrainAsync());
        Assert.Equal(0, s.Queue.Statistics.Bytes);
    }

    [Case(Store, "limits")]
    internal static async Task A_purge_takes_all_messages_and_leaves_dead_letters(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("dead");
        await (await s.ReceiveAsync()).DeadLetterAsync("x");
        for (int i = 0; i < 40; i++)
        {
            await s.Queue.EnqueueAsync(
                Message($"{i}") with { Delay = TimeSpan.FromSeconds(i % 2) },
                Durability.ProcessCrash);
        }

        QueueDelivery leased = await s.ReceiveAsync();
        Assert.Equal(40, await s.Queue.PurgeAsync());
        await Assert.ThrowsAsync<LeaseLostException>(async () => await leased.AcknowledgeAsync());
        await s.SendAsync("after");
        s.Advance(TimeSpan.FromHours(1));
        QueueStatistics statistics = s.Queue.Statistics;
        Assert.Equal(
            (1, 0, 0, 1),
            (statistics.Ready, statistics.Scheduled, statistics.Leased, statistics.Dead));
        await s.RestartAsync();
        Assert.Equal(["after"], await s.DrainAsync());
    }
}
