using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class DeliveryTests
{
    [Fact]
    public async Task A_message_is_delivered_with_all_that_it_had()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        EnqueueResult sent = await fixture.Queue.EnqueueAsync(QueueFixture.Message("body") with
        {
            Headers = new Dictionary<string, string> { ["kind"] = "order", [""] = "ä" },
            Lane = 2,
        }).Soon();
        QueueDelivery delivery = await fixture.ReceiveAsync();
        Assert.Equal(sent.Id, delivery.Id);
        Assert.Equal("body", QueueFixture.Text(delivery.Body));
        Assert.Equal("order", delivery.Headers["kind"]);
        Assert.Equal("ä", delivery.Headers[""]);
        Assert.Equal(2, delivery.Lane);
        Assert.Equal(1, delivery.DeliveryCount);
        Assert.Equal(ManualTime.Epoch, delivery.EnqueuedAt);
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
    }

    [Fact]
    public async Task Messages_come_in_the_order_in_which_they_were_sent_also_after_reopening()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        string[] bodies = [.. Enumerable.Range(0, 3000).Select(i => $"{i}")];
        foreach (string[] some in bodies.Chunk(100))
        {
            await fixture.Queue.EnqueueManyAsync(
                [.. some.Select(QueueFixture.Message)], Durability.ProcessCrash).Soon();
        }

        List<string> first = [];
        for (int i = 0; i < 1500; i++)
        {
            QueueDelivery delivery = await fixture.ReceiveAsync();
            first.Add(QueueFixture.Text(delivery.Body));
            await delivery.AcknowledgeAsync(Durability.ProcessCrash).Soon();
        }

        await fixture.ReopenAsync();
        Assert.Equal(bodies, first.Concat(await fixture.DrainAsync()));
        Assert.Equal(0, fixture.Queue.Statistics.Ready);
        Assert.Equal(0, fixture.Queue.Statistics.Bytes);
    }

    [Fact]
    public async Task What_was_acknowledged_is_gone_and_what_was_leased_is_ready_after_reopening()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        await fixture.SendAsync("b");
        await (await fixture.ReceiveAsync()).AcknowledgeAsync().Soon();
        QueueDelivery leased = await fixture.ReceiveAsync();
        await fixture.ReopenAsync();
        QueueDelivery again = await fixture.ReceiveAsync();
        Assert.Equal("b", QueueFixture.Text(again.Body));
        Assert.Equal(2, again.DeliveryCount);
        Assert.Equal(leased.Id, again.Id);
        await Assert.ThrowsAsync<LeaseLostException>(
            () => fixture.Queue.AcknowledgeAsync(leased.Lease).Soon());
        await again.AcknowledgeAsync().Soon();
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
    }

    [Fact]
    public async Task A_receiver_that_waits_gets_the_next_message()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(waiting.IsCompleted);
        await fixture.SendAsync("a");
        Assert.Equal("a", QueueFixture.Text((await waiting.Soon())!.Body));
    }

    [Fact]
    public async Task A_wait_that_ends_takes_nothing()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(TimeSpan.FromSeconds(5)).AsTask();
        using CancellationTokenSource cancel = new();
        Task<QueueDelivery?> cancelled = fixture.Queue.ReceiveAsync(
            Timeout.InfiniteTimeSpan, cancellationToken: cancel.Token).AsTask();
        fixture.Time.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(await waiting.Soon());
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.Soon());
        await fixture.SendAsync("a");
        Assert.Equal(["a"], await fixture.DrainAsync());
    }

    [Fact]
    public async Task Closing_the_queue_ends_a_wait_and_an_enumeration()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Task<int> enumerating = CountAsync(fixture.Queue);
        await fixture.Queue.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.Soon());
        Assert.Equal(0, await enumerating.Soon());
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => fixture.Queue.EnqueueAsync(QueueFixture.Message("x")).Soon());
    }

    [Fact]
    public async Task A_name_is_open_once_and_can_be_opened_again_after_closing()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => DurableQueue.OpenAsync(fixture.Engine, "work").Soon());
        await fixture.SendAsync("a");
        await fixture.Queue.DisposeAsync();
        await using DurableQueue again = await DurableQueue.OpenAsync(fixture.Engine, "work");
        Assert.Equal(1, again.Statistics.Ready);
        Assert.Equal(["work"], DurableQueue.List(fixture.Engine));
    }

    [Fact]
    public async Task A_flood_in_the_first_lane_does_not_starve_the_last()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { StarvationLimit = 4 });
        for (int i = 0; i < 40; i++)
        {
            await fixture.SendAsync($"first {i}", lane: 0);
        }

        for (int i = 0; i < 5; i++)
        {
            await fixture.SendAsync($"last {i}", lane: 7);
        }

        List<string> order = await fixture.DrainAsync();
        int[] places = [.. Enumerable.Range(0, 5).Select(i => order.IndexOf($"last {i}"))];
        Assert.Equal([4, 9, 14, 19, 24], places);
    }

    [Fact]
    public async Task Many_producers_and_consumers_lose_and_repeat_nothing()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        const int Each = 100;
        System.Collections.Concurrent.ConcurrentDictionary<string, int> seen = new();
        using CancellationTokenSource done = new();
        Task[] consumers =
        [
            .. Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
            {
                await foreach (QueueDelivery delivery in fixture.Queue.ReadAllAsync(
                    cancellationToken: done.Token))
                {
                    seen.AddOrUpdate(QueueFixture.Text(delivery.Body), 1, (_, n) => n + 1);
                    await delivery.AcknowledgeAsync();
                    if (seen.Count == 16 * Each)
                    {
                        await done.CancelAsync();
                    }
                }
            })),
        ];
        await Task.WhenAll(Enumerable.Range(0, 16).Select(producer => Task.Run(async () =>
        {
            for (int i = 0; i < Each; i++)
            {
                await fixture.Queue.EnqueueAsync(QueueFixture.Message($"{producer}/{i}"));
            }
        }))).Soon();
        foreach (Task consumer in consumers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consumer.Soon());
        }

        Assert.Equal(16 * Each, seen.Count);
        Assert.All(seen.Values, times => Assert.Equal(1, times));
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
