using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class LeaseTests
{
    [Fact]
    public async Task An_expired_lease_is_refused_and_the_message_comes_again()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        QueueDelivery first = await fixture.ReceiveAsync();
        fixture.Time.Advance(fixture.Options.LeaseDuration);
        await Assert.ThrowsAsync<LeaseLostException>(() => first.AcknowledgeAsync().Soon());
        QueueDelivery second = await fixture.ReceiveAsync();
        Assert.Equal(2, second.DeliveryCount);
        await Assert.ThrowsAsync<LeaseLostException>(() => first.AcknowledgeAsync().Soon());
        Assert.Throws<LeaseLostException>(() => first.Renew());
        await second.AcknowledgeAsync().Soon();
        await Assert.ThrowsAsync<LeaseLostException>(() => second.AcknowledgeAsync().Soon());
        Assert.Equal(1, fixture.Queue.Statistics.LeasesExpired);
    }

    [Fact]
    public async Task A_renewed_lease_runs_anew()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        for (int i = 0; i < 5; i++)
        {
            fixture.Time.Advance(fixture.Options.LeaseDuration * 0.9);
            delivery.Renew();
        }

        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
        await delivery.AcknowledgeAsync().Soon();
    }

    [Fact]
    public async Task A_receiver_that_waits_gets_a_message_whose_lease_expires()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        await fixture.ReceiveAsync();
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(waiting.IsCompleted);
        fixture.Time.Advance(fixture.Options.LeaseDuration + TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await waiting.Soon())!.DeliveryCount);
    }

    [Fact]
    public async Task The_wall_clock_neither_ends_nor_prolongs_a_lease()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        fixture.Time.SetUtcNow(ManualTime.Epoch.AddYears(1));
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
        fixture.Time.SetUtcNow(ManualTime.Epoch.AddYears(-1));
        fixture.Time.Advance(fixture.Options.LeaseDuration);
        Assert.NotNull(await fixture.Queue.TryReceiveAsync().Soon());
        await Assert.ThrowsAsync<LeaseLostException>(() => delivery.AcknowledgeAsync().Soon());
    }

    [Fact]
    public async Task A_refused_message_comes_again_at_once_or_after_its_delay()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        await (await fixture.ReceiveAsync()).NegativeAcknowledgeAsync().Soon();
        QueueDelivery second = await fixture.ReceiveAsync();
        Assert.Equal(2, second.DeliveryCount);
        await second.NegativeAcknowledgeAsync(TimeSpan.FromMinutes(1)).Soon();
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
        await fixture.ReopenAsync();
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
        Assert.Equal(1, fixture.Queue.Statistics.Scheduled);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, (await fixture.ReceiveAsync()).DeliveryCount);
    }

    [Fact]
    public async Task A_due_time_is_waited_for_also_by_a_receiver_that_waits_and_over_a_reopening()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.Queue.EnqueueAsync(
            QueueFixture.Message("late") with { Delay = TimeSpan.FromHours(2) }).Soon();
        await fixture.Queue.EnqueueAsync(QueueFixture.Message("soon") with
        {
            DueAt = ManualTime.Epoch.AddHours(1),
        }).Soon();
        await fixture.Queue.EnqueueAsync(QueueFixture.Message("past") with
        {
            DueAt = ManualTime.Epoch.AddHours(-1),
        }).Soon();
        Assert.Equal(["past"], await fixture.DrainAsync());
        await fixture.ReopenAsync();
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        fixture.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromSeconds(1));
        Assert.Equal("soon", QueueFixture.Text((await waiting.Soon())!.Body));
        fixture.Time.Advance(TimeSpan.FromHours(1));
        Assert.Contains("late", await fixture.DrainAsync());
    }

    [Fact]
    public async Task Only_one_of_many_settlements_of_a_lease_succeeds()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        QueueDelivery delivery = await fixture.ReceiveAsync();
        Task[] racing =
        [
            .. Enumerable.Range(0, 20).Select(i => i % 2 == 0
                ? fixture.Queue.AcknowledgeAsync(delivery.Lease).AsTask()
                : fixture.Queue.DeadLetterAsync(delivery.Lease, "race").AsTask()),
        ];
        int won = 0;
        foreach (Task one in racing)
        {
            try
            {
                await one.Soon();
                won++;
            }
            catch (LeaseLostException)
            {
                // All but one.
            }
        }

        Assert.Equal(1, won);
        Assert.Equal(0, fixture.Queue.Statistics.Leased);
    }
}
