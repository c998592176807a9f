using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

/// <summary>When deliveries are counted in the log, who waits for that, and when the counts go.</summary>
public sealed class DeliveryCountTests
{
    /// <summary>With a disk that stands still: what is not complete at once waits for a commit.</summary>
    [Fact]
    public async Task A_cycle_waits_for_two_commits()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await BeginCountingAsync(fixture);
        using StillDisk disk = new(fixture);

        Task<EnqueueResult> enqueued = fixture.Queue.EnqueueAsync(QueueFixture.Message("m")).AsTask();
        Assert.False(enqueued.IsCompleted);
        disk.GoOn();
        await enqueued.Soon();

        disk.StandStill();
        ValueTask<QueueDelivery?> received = fixture.Queue.TryReceiveAsync();
        Assert.True(received.IsCompletedSuccessfully);
        QueueDelivery? delivery = await received;
        Assert.Equal(1, delivery!.DeliveryCount);

        Task acknowledged = delivery.AcknowledgeAsync().AsTask();
        Assert.False(acknowledged.IsCompleted);
        disk.GoOn();
        await acknowledged.Soon();
    }

    [Fact]
    public async Task Many_are_received_without_waiting_for_their_counts()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await BeginCountingAsync(fixture);
        for (int i = 0; i < 10; i++)
        {
            await fixture.SendAsync("m");
        }

        using StillDisk disk = new(fixture);
        ValueTask<IReadOnlyList<QueueDelivery>> received = fixture.Queue.ReceiveManyAsync(10);
        Assert.True(received.IsCompletedSuccessfully);
        Assert.Equal(10, (await received).Count);
        disk.GoOn();
        await Eventually.IsTrueAsync(() => fixture.Attempts.Count == 11, "ten counts, and the first");
    }

    [Fact]
    public async Task A_message_from_before_the_opening_is_counted_before_it_is_handed_out()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("m");
        await fixture.SendAsync("n");
        await fixture.ReopenAsync();
        using StillDisk disk = new(fixture);
        Task<QueueDelivery?> received = fixture.Queue.TryReceiveAsync().AsTask();
        await Task.Delay(50);
        Assert.False(received.IsCompleted);
        disk.GoOn();
        Assert.Equal(1, (await received.Soon())!.DeliveryCount);

        await fixture.ReopenKilledAsync();
        Assert.Equal(2, (await fixture.ReceiveAsync()).DeliveryCount);
        Assert.Equal(1, (await fixture.ReceiveAsync()).DeliveryCount);
    }

    [Fact]
    public async Task Many_from_before_the_opening_are_counted_with_one_write()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        for (int i = 0; i < 100; i++)
        {
            await fixture.SendAsync("m");
        }

        await fixture.ReopenAsync();
        long before = fixture.Engine.Statistics.Log.GroupsWritten;
        IReadOnlyList<QueueDelivery> received = await fixture.Queue.ReceiveManyAsync(100).Soon();
        Assert.Equal(100, received.Count);
        Assert.Equal(100, fixture.Attempts.Count);
        Assert.InRange(fixture.Engine.Statistics.Log.GroupsWritten - before, 1, 2);
    }

    [Fact]
    public async Task A_message_that_is_acknowledged_at_once_leaves_nothing_to_be_removed()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("creates what a queue writes to");
        QueueDelivery first = await fixture.ReceiveAsync();
        await Eventually.IsTrueAsync(() => fixture.Attempts.Count == 1, "the first count");
        for (int i = 0; i < 5; i++)
        {
            await fixture.SendAsync("m");
        }

        using StillDisk disk = new(fixture);

        // The first count is on its way; those behind it wait, and their messages are gone before.
        IReadOnlyList<QueueDelivery> one = await fixture.Queue.ReceiveManyAsync(1);
        IReadOnlyList<QueueDelivery> four = await fixture.Queue.ReceiveManyAsync(4);
        Task[] acknowledged = [.. four.Select(d => d.AcknowledgeAsync().AsTask())];
        disk.GoOn();
        await Task.WhenAll(acknowledged).Soon();
        await Eventually.IsTrueAsync(() => fixture.Attempts.Count == 2, "the second count");
        await one[0].AcknowledgeAsync();
        await first.AcknowledgeAsync();
        await fixture.Queue.DisposeAsync();
        Assert.Equal(0, fixture.Attempts.Count);
    }

    [Fact]
    public async Task A_count_that_waited_for_an_acknowledgement_that_failed_is_written()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await BeginCountingAsync(fixture);
        await fixture.SendAsync("a");
        await fixture.SendAsync("b");
        using StillDisk disk = new(fixture);
        IReadOnlyList<QueueDelivery> both = await fixture.Queue.ReceiveManyAsync(2);

        // Of the second one the count is on its way or waits; given back, it is not forgotten.
        await both[0].NegativeAcknowledgeAsync();
        await both[1].NegativeAcknowledgeAsync();
        disk.GoOn();
        await fixture.ReopenAsync();
        Assert.Equal(2, (await fixture.ReceiveAsync()).DeliveryCount);
        Assert.Equal(2, (await fixture.ReceiveAsync()).DeliveryCount);
    }

    [Fact]
    public async Task A_delay_that_follows_a_count_on_its_way_is_kept()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await BeginCountingAsync(fixture);
        await fixture.SendAsync("m");
        using StillDisk disk = new(fixture);
        QueueDelivery delivery = await fixture.ReceiveAsync();
        Task delayed = delivery.NegativeAcknowledgeAsync(TimeSpan.FromMinutes(1)).AsTask();
        disk.GoOn();
        await delayed.Soon();
        await fixture.ReopenKilledAsync();
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(2, (await fixture.ReceiveAsync()).DeliveryCount);
    }

    [Fact]
    public async Task They_go_many_at_a_time_while_the_queue_works()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        for (int i = 0; i < 1000; i++)
        {
            await fixture.SendAsync("m");
            Assert.Single(await fixture.DrainAsync());
        }

        await Eventually.IsTrueAsync(
            () => fixture.Attempts.Count < 256 + 256, "counts of deliveries removed");
        await fixture.Queue.DisposeAsync();
        Assert.Equal(0, fixture.Attempts.Count);
    }

    [Fact]
    public async Task Those_that_a_kill_leaves_behind_go_with_the_next_open()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        for (int i = 0; i < 20; i++)
        {
            await fixture.SendAsync($"{i}");
        }

        IReadOnlyList<QueueDelivery> all = await fixture.Queue.ReceiveManyAsync(20).Soon();
        await Eventually.IsTrueAsync(() => fixture.Attempts.Count == 20, "twenty counts");
        foreach (QueueDelivery delivery in all.Skip(1))
        {
            await delivery.AcknowledgeAsync(Durability.ProcessCrash).Soon();
        }

        Assert.Equal(20, fixture.Attempts.Count);
        await fixture.ReopenKilledAsync();
        Assert.Equal(1, fixture.Attempts.Count);
        QueueDelivery again = await fixture.ReceiveAsync();
        Assert.Equal((all[0].Id, 2), (again.Id, again.DeliveryCount));
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
    }

    [Fact]
    public async Task An_engine_that_is_closed_first_is_no_error()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("m");
        Assert.Single(await fixture.DrainAsync());
        await fixture.Engine.DisposeAsync();
        await fixture.Queue.DisposeAsync();
    }

    /// <summary>The first delivery of an open is counted before it is handed out.</summary>
    private static async Task BeginCountingAsync(QueueFixture fixture)
    {
        await fixture.SendAsync("first");
        Assert.Single(await fixture.DrainAsync());
    }
}
