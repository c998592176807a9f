using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

internal static class QueueDeliveryCases
{
    [Case(Store, "delivery")]
    internal static async Task A_message_is_delivered_with_all_that_it_had(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        EnqueueResult sent = await s.Queue.EnqueueAsync(Message("body") with
        {
            Headers = new Dictionary<string, string> { ["kind"] = "order", [""] = "ä" },
            Lane = 2,
        });
        DateTimeOffset sentAt = s.Time.GetUtcNow();
        await s.RestartAsync();
        QueueDelivery delivery = await s.ReceiveAsync();
        Assert.Equal(sent.Id, delivery.Id);
        Assert.Equal("body", Text(delivery.Body));
        Assert.Equal("order", delivery.Headers["kind"]);
        Assert.Equal("ä", delivery.Headers[""]);
        Assert.Equal(2, delivery.Lane);
        Assert.Equal(1, delivery.DeliveryCount);
        Assert.InRange(sentAt - delivery.EnqueuedAt, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.Null(await s.Queue.TryReceiveAsync());
    }

    [Case(Store, "delivery")]
    internal static async Task Messages_of_a_lane_come_in_the_order_in_which_they_were_sent(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        List<string> bodies = [.. Enumerable.Range(0, 30).Select(i => $"{i}")];
        await s.Queue.EnqueueManyAsync([.. bodies.Select(Message)]);
        List<string> first = [];
        for (int i = 0; i < 10; i++)
        {
            QueueDelivery delivery = await s.ReceiveAsync();
            first.Add(Text(delivery.Body));
            await delivery.AcknowledgeAsync();
        }

        await s.RestartAsync();
        Assert.Equal(bodies, first.Concat(await s.DrainAsync()));
        Assert.Equal((0L, 0L), (s.Queue.Statistics.Ready, s.Queue.Statistics.Bytes));
    }

    [Case(Store, "delivery")]
    internal static async Task A_flood_in_the_first_lane_does_not_starve_the_last(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { StarvationLimit = 4 });
        await s.Queue.EnqueueManyAsync(
            [.. Enumerable.Range(0, 40).Select(i => Message($"first {i}") with { Lane = 0 })]);
        await s.Queue.EnqueueManyAsync(
            [.. Enumerable.Range(0, 5).Select(i => Message($"last {i}") with { Lane = 7 })]);
        await s.RestartAsync();
        List<string> order = await s.DrainAsync();
        Assert.Equal(
            [4, 9, 14, 19, 24],
            Enumerable.Range(0, 5).Select(i => order.IndexOf($"last {i}")));
    }

    [Case(Store, "delivery")]
    internal static async Task A_peek_shows_what_is_next_and_takes_nothing(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("b", lane: 5);
        await s.SendAsync("a", lane: 0);
        await s.SendAsync("c", lane: 5);
        await s.RestartAsync();
        IReadOnlyList<PeekedMessage> seen = await s.Queue.PeekAsync(2);
        Assert.Equal(["a", "b"], seen.Select(m => Text(m.Body)));
        Assert.Equal(["a", "b", "c"], await s.DrainAsync());
    }

    [Case(Store, "acknowledgement")]
    internal static async Task What_was_acknowledged_is_gone_and_what_was_leased_comes_again(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        await s.SendAsync("b");
        await (await s.ReceiveAsync()).AcknowledgeAsync();
        QueueDelivery leased = await s.ReceiveAsync();
        await s.RestartAsync();
        QueueDelivery again = await s.ReceiveAsync();
        Assert.Equal("b", Text(again.Body));
        Assert.Equal((leased.Id, 2), (again.Id, again.DeliveryCount));
        await again.AcknowledgeAsync();
        await s.RestartAsync();
        Assert.Null(await s.Queue.TryReceiveAsync());
    }

    [Case(Store, "acknowledgement")]
    internal static async Task A_stale_acknowledgement_is_refused(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        QueueDelivery expired = await s.ReceiveAsync();
        s.Advance(s.Queue.Options.LeaseDuration);
        QueueDelivery second = await s.ReceiveAsync();
        await Assert.ThrowsAsync<LeaseLostException>(
            async () => await expired.AcknowledgeAsync());
        Assert.Throws<LeaseLostException>(() => expired.Renew());
        await s.RestartAsync();

        // A token of an earlier open is as stale as one that has expired.
        await Assert.ThrowsAsync<LeaseLostException>(
            async () => await s.Queue.AcknowledgeAsync(second.Lease));
        QueueDelivery third = await s.ReceiveAsync();
        await third.AcknowledgeAsync();
        await Assert.ThrowsAsync<LeaseLostException>(async () => await third.AcknowledgeAsync());
        Assert.Equal(0, s.Queue.Statistics.Ready);
    }

    [Case(Store, "acknowledgement")]
    internal static async Task Only_one_of_many_settlements_of_a_lease_succeeds(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        QueueDelivery delivery = await s.ReceiveAsync();
        int won = 0;
        await s.AtOnceAsync(20, async task =>
        {
            try
            {
                await (task % 2 == 0
                    ? s.Queue.AcknowledgeAsync(delivery.Lease)
                    : s.Queue.DeadLetterAsync(delivery.Lease, "race"));
                Interlocked.Increment(ref won);
            }
            catch (LeaseLostException)
            {
                // All but one.
            }
        });
        Assert.Equal(1, won);
        Assert.Equal((0L, 0L), (s.Queue.Statistics.Leased, s.Queue.Statistics.Ready));
    }

    [Case(Store, "acknowledgement")]
    internal static async Task An_acknowledgement_and_its_effects_are_one_commit(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        QueueDelivery delivery = await s.ReceiveAsync();
        WriteBatch batch = s.Engine.CreateBatch();
        batch.Put(s.Engine.GetKeyspace("effects"), "a"u8, "done"u8);
        s.Queue.Enqueue(batch, Message("next"));
        delivery.Acknowledge(batch);
        await s.Engine.CommitAsync(batch);
        await s.RestartAsync();
        Assert.Equal(1, s.Engine.GetKeyspace("effects").Count);
        Assert.Equal(["next"], await s.DrainAsync());
    }

    [Case(Store, "receiving", Waits = true)]
    internal static async Task A_receiver_that_waits_gets_the_next_message(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        Task<QueueDelivery?> waiting = s.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(waiting.IsCompleted);
        await s.SendAsync("a");
        Assert.Equal("a", Text((await waiting)!.Body));
    }

    [Case(Store, "receiving", Waits = true)]
    internal static async Task A_wait_that_ends_takes_nothing(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        Task<QueueDelivery?> waiting = s.Queue.ReceiveAsync(TimeSpan.FromSeconds(5)).AsTask();
        using CancellationTokenSource cancel = new();
        Task<QueueDelivery?> cancelled = s.Queue.ReceiveAsync(
            Timeout.InfiniteTimeSpan, cancellationToken: cancel.Token).AsTask();
        s.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(await waiting);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await s.SendAsync("a");
        Assert.Equal(["a"], await s.DrainAsync());
    }

    [Case(Store, "receiving", Waits = true)]
    internal static async Task Closing_the_queue_ends_every_wait_and_loses_nothing(ConformanceSession s)
    {
        DurableQueue queue = await s.OpenQueueAsync();
        Task<QueueDelivery?> waiting = queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Task<int> enumerating = CountAsync(queue);
        await queue.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        Assert.Equal(0, await enumerating);
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await queue.EnqueueAsync(Message("late")));
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        Assert.Equal(["a"], await s.DrainAsync());
    }

    private static async Task<int> CountAsync(DurableQueue queue)
    {
        int count = 0;
        await foreach (QueueDelivery _ in queue.ReadAllAsync())
        {
            count++;
        }

        return count;
    }
}
