using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

/// <summary>Counts of deliveries go after their messages, many at a time.</summary>
public sealed class SettledAttemptsTests
{
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

        QueueDelivery kept = await fixture.ReceiveAsync();
        Assert.Equal(19, (await fixture.DrainAsync()).Count);
        Assert.Equal(20, fixture.Attempts.Count);

        await fixture.ReopenKilledAsync();
        Assert.Equal(1, fixture.Attempts.Count);
        QueueDelivery again = await fixture.ReceiveAsync();
        Assert.Equal((kept.Id, 2), (again.Id, again.DeliveryCount));
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
}
