using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

/// <summary>Several objects of one queue in one engine.</summary>
internal static class QueueSharingCases
{
    [Case(Store, "sharing")]
    internal static async Task Two_objects_of_a_queue_are_one_queue(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await using DurableQueue other = await s.Engine.OpenQueueAsync("jobs");
        await s.SendAsync("a");
        QueueDelivery leased = (await other.TryReceiveAsync())!;
        Assert.Null(await s.Queue.TryReceiveAsync());
        Assert.Equal(1, s.Queue.Statistics.Leased);

        // Whoever has the token settles, through whichever object.
        await s.Queue.AcknowledgeAsync(leased.Lease);
        Assert.Equal(0, other.Statistics.Leased);
    }

    [Case(Store, "sharing")]
    internal static async Task Closing_one_object_takes_nothing_from_the_other(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        DurableQueue other = await s.Engine.OpenQueueAsync("jobs");
        await s.SendAsync("kept");
        await s.SendAsync("left");
        QueueDelivery kept = await s.ReceiveAsync();
        QueueDelivery left = (await other.TryReceiveAsync())!;
        await other.DisposeAsync();
        await other.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await other.TryReceiveAsync());

        // What was received through it is ready again; the other's lease goes on.
        QueueDelivery again = await s.ReceiveAsync();
        Assert.Equal((left.Id, 2), (again.Id, again.DeliveryCount));
        await again.AcknowledgeAsync();
        await kept.AcknowledgeAsync();
        await s.RestartAsync();
        Assert.Null(await s.Queue.TryReceiveAsync());
    }

    [Case(Store, "receiving", Waits = true)]
    internal static async Task Closing_one_object_ends_its_own_waits_alone(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        DurableQueue other = await s.Engine.OpenQueueAsync("jobs");
        Task<QueueDelivery?> ends = other.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Task<QueueDelivery?> waits = s.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        await other.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await ends);
        Assert.False(waits.IsCompleted);
        await s.SendAsync("a");
        Assert.NotNull(await waits);
    }

    [Case(Store, "sharing")]
    internal static async Task Other_options_are_refused_and_named(ConformanceSession s)
    {
        await s.OpenQueueAsync(new QueueOptions { MaxDeliveries = 3, MaxMessages = 7 });
        QueueOptionsMismatchException refused =
            await Assert.ThrowsAsync<QueueOptionsMismatchException>(
                async () => await s.Engine.OpenQueueAsync(
                    "jobs", new QueueOptions { MaxDeliveries = 4, MaxMessages = 7 }));
        Assert.Equal("jobs", refused.Queue);
        Assert.Equal([nameof(QueueOptions.MaxDeliveries)], refused.Options);
        await using DurableQueue same = await s.Engine.OpenQueueAsync(
            "jobs", new QueueOptions { MaxDeliveries = 3, MaxMessages = 7 });
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await s.Engine.DropQueueAsync("jobs"));
    }
}
