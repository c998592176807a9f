using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

/// <summary>Queues in the hands of those who do not know their options, and how far receivers are behind.</summary>
internal static class QueueLendingCases
{
    private static readonly QueueOptions _ours = new() { MaxDeliveries = 3, MaxMessages = 7 };

    [Case(Store, "lending")]
    internal static async Task An_open_queue_is_lent_out_as_it_is_and_stays_open(ConformanceSession s)
    {
        await s.OpenQueueAsync(_ours);
        await s.SendAsync("a");
        QueueDelivery leased = await s.ReceiveAsync();
        await s.SendAsync("b");
        QueueStatistics? seen = null;
        DurableQueue? lent = null;
        Assert.True(await s.Engine.TryUseQueueAsync("jobs", evenIfClosed: false, async queue =>
        {
            lent = queue;
            Assert.Equal(_ours, queue.Options);
            seen = await queue.GetStatisticsAsync();
        }));
        Assert.Equal((1, 1), (seen!.Ready, seen.Leased));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await lent!.TryReceiveAsync());

        // Nothing of it is closed but what was lent out.
        await leased.AcknowledgeAsync();
        Assert.Equal(["b"], await s.DrainAsync());
    }

    [Case(Store, "lending", Waits = true)]
    internal static async Task A_closed_queue_is_lent_out_where_that_is_asked_for(ConformanceSession s)
    {
        await s.OpenQueueAsync(_ours);
        await s.SendAsync("dead");
        await (await s.ReceiveAsync()).DeadLetterAsync("x");
        await s.Queue.DisposeAsync();
        bool used = await s.Engine.TryUseQueueAsync(
            "jobs", evenIfClosed: false, _ => ValueTask.CompletedTask);

        // Elsewhere it may be open: of a shared engine nobody here can tell.
        Assert.Equal(s.Engine.Capabilities.IsShared, used);
        Assert.True(await s.Engine.TryUseQueueAsync(
            "jobs", evenIfClosed: true, async queue => await queue.DeadLetters.ReplayAllAsync()));
        await s.OpenQueueAsync(_ours);
        await s.RestartAsync();
        Assert.Equal(["dead"], await s.DrainAsync());
        Assert.Equal(0, s.Queue.Statistics.Dead);
    }

    [Case(Store, "lending", Waits = true)]
    internal static async Task Who_opens_a_queue_that_is_lent_out_is_not_refused_for_its_options(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        await s.Queue.DisposeAsync();
        Task<DurableQueue>? opening = null;
        await s.Engine.TryUseQueueAsync("jobs", evenIfClosed: true, async queue =>
        {
            Assert.NotEqual(_ours, queue.Options);
            opening = s.Engine.OpenQueueAsync("jobs", _ours).AsTask();
            await queue.GetStatisticsAsync();
        });
        await using DurableQueue opened = await opening!;
        Assert.Equal(_ours, opened.Options);
        Assert.Equal(1, opened.Statistics.Ready);
    }

    [Case(Store, "lending")]
    internal static async Task A_queue_that_is_not_there_is_not_made_by_lending_it(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        Assert.False(await s.Engine.TryUseQueueAsync(
            "nobody's", evenIfClosed: true, _ => throw new InvalidOperationException("it was lent out")));
        Assert.DoesNotContain("nobody's", await s.Engine.ListQueuesAsync());
    }

    [Case(Store, "lending")]
    internal static async Task What_fails_while_it_is_lent_out_is_thrown_and_it_is_given_back(
        ConformanceSession s)
    {
        await s.OpenQueueAsync(_ours);
        await s.SendAsync("a");
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(async () => await s.Engine.TryUseQueueAsync(
            "jobs", evenIfClosed: false, _ => throw new TimeZoneNotFoundException()));
        Assert.True(await s.Engine.TryUseQueueAsync(
            "jobs", evenIfClosed: false, _ => ValueTask.CompletedTask));
        await s.RestartAsync();
        Assert.Equal(["a"], await s.DrainAsync());
    }

    [Case(Store, "delivery")]
    internal static async Task The_oldest_ready_message_is_told_whatever_its_lane(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        Assert.Null(await s.Queue.GetOldestReadyAsync());
        await s.Queue.EnqueueAsync(Message("later") with { Delay = TimeSpan.FromHours(1) });
        Assert.Null(await s.Queue.GetOldestReadyAsync());
        await s.SendAsync("old", lane: 7);
        s.Advance(TimeSpan.FromMinutes(1));
        await s.SendAsync("new", lane: 0);
        IReadOnlyList<PeekedMessage> ready = await s.Queue.PeekAsync(10);
        Assert.Equal(["new", "old"], ready.Select(message => Text(message.Body)));
        Assert.Equal(ready[1].EnqueuedAt, await s.Queue.GetOldestReadyAsync());
        await s.RestartAsync();
        Assert.Equal(ready[1].EnqueuedAt, await s.Queue.GetOldestReadyAsync());
        Assert.Equal(["new", "old"], await s.DrainAsync());
        Assert.Null(await s.Queue.GetOldestReadyAsync());
    }
}
