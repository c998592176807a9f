using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class LeaseTests
{
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
}
