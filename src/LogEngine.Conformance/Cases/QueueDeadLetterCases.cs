using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

internal static class QueueDeadLetterCases
{
    [Case(Store, "dead letter")]
    internal static async Task A_message_refused_too_often_dies_with_its_reason(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxDeliveries = 2 });
        long id = await s.SendAsync("a", lane: 1);
        await (await s.ReceiveAsync()).NegativeAcknowledgeAsync();
        await (await s.ReceiveAsync()).NegativeAcknowledgeAsync(reason: "no good");
        Assert.Null(await s.Queue.TryReceiveAsync());
        await s.RestartAsync();
        DeadLetter letter = Assert.Single(await s.DeadLettersAsync());
        Assert.Equal(
            (id, 1, 2, "no good"), (letter.Id, letter.Lane, letter.DeliveryCount, letter.Reason));
        Assert.Equal("a", Text(letter.Body));
        Assert.Equal(0, s.Engine.GetStoreKeyspace("queue/jobs/attempts").Count);
    }

    [Case(Store, "poison")]
    internal static async Task A_message_that_kills_its_receiver_each_time_dies(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxDeliveries = 3 });
        await s.SendAsync("poison");
        await s.SendAsync("good");
        for (int i = 1; i <= 3; i++)
        {
            QueueDelivery delivery = await s.ReceiveAsync();
            Assert.Equal(("poison", i), (Text(delivery.Body), delivery.DeliveryCount));
            await s.RestartAsync();
        }

        Assert.Equal(["good"], await s.DrainAsync());
        Assert.Equal("poison", Text(Assert.Single(await s.DeadLettersAsync()).Body));
    }

    [Case(Store, "poison")]
    internal static async Task A_message_whose_leases_expire_dies(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxDeliveries = 2 });
        await s.SendAsync("slow");
        for (int i = 0; i < 2; i++)
        {
            await s.ReceiveAsync();
            s.Advance(s.Queue.Options.LeaseDuration);
        }

        Assert.Null(await s.Queue.TryReceiveAsync());
        await s.RestartAsync();
        Assert.Equal(2, Assert.Single(await s.DeadLettersAsync()).DeliveryCount);
    }

    [Case(Store, "dead letter")]
    internal static async Task A_dead_letter_is_replayed_once_and_begins_anew(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        long id = await s.SendAsync("a", lane: 3);
        await (await s.ReceiveAsync()).DeadLetterAsync("by hand");
        await s.RestartAsync();
        int replayed = 0;
        await s.AtOnceAsync(8, async _ =>
        {
            if (await s.Queue.DeadLetters.ReplayAsync(id))
            {
                Interlocked.Increment(ref replayed);
            }
        });
        Assert.Equal(1, replayed);
        await s.RestartAsync();
        Assert.Equal(0, s.Queue.DeadLetters.Count);
        QueueDelivery again = await s.ReceiveAsync();
        Assert.Equal(("a", 3, 1), (Text(again.Body), again.Lane, again.DeliveryCount));
        Assert.Null(await s.Queue.TryReceiveAsync());
    }

    [Case(Store, "dead letter")]
    internal static async Task Dead_letters_are_discarded_one_by_one_or_all_together(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        List<long> ids = [];
        for (int i = 0; i < 5; i++)
        {
            ids.Add(await s.SendAsync($"{i}"));
            await (await s.ReceiveAsync()).DeadLetterAsync("x");
        }

        Assert.True(await s.Queue.DeadLetters.DiscardAsync(ids[0]));
        Assert.False(await s.Queue.DeadLetters.DiscardAsync(ids[0]));
        Assert.True(await s.Queue.DeadLetters.ReplayAsync(ids[1]));
        await s.RestartAsync();
        Assert.Equal(3, await s.Queue.DeadLetters.DiscardAllAsync());
        await s.RestartAsync();
        Assert.Empty(await s.DeadLettersAsync());
        Assert.Equal(["1"], await s.DrainAsync());
    }
}
