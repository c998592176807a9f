using System.Collections.Concurrent;
using LogEngine.Stores.Queues;
using static LogEngine.Conformance.Cases.QueueWork;

namespace LogEngine.Conformance.Cases;

internal static class QueueLeaseCases
{
    [Case(Store, "visibility timeout")]
    internal static async Task An_expired_lease_gives_the_message_to_the_next(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        await s.ReceiveAsync();
        s.Advance(s.Queue.Options.LeaseDuration - TimeSpan.FromTicks(1));
        Assert.Null(await s.Queue.TryReceiveAsync());
        s.Advance(TimeSpan.FromTicks(1));
        QueueDelivery second = await s.ReceiveAsync();
        Assert.Equal(2, second.DeliveryCount);
        await second.AcknowledgeAsync();
        Assert.Equal(1, s.Queue.Statistics.LeasesExpired);
    }

    [Case(Store, "visibility timeout")]
    internal static async Task A_receiver_chooses_how_long_its_lease_is(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        TimeSpan longer = s.Queue.Options.LeaseDuration * 3;
        QueueDelivery? delivery = await s.Queue.TryReceiveAsync(longer);
        s.Advance(longer - TimeSpan.FromSeconds(1));
        Assert.Null(await s.Queue.TryReceiveAsync());
        await delivery!.AcknowledgeAsync();
        Assert.Equal(0, s.Queue.Statistics.LeasesExpired);
    }

    [Case(Store, "visibility timeout", Waits = true)]
    internal static async Task A_receiver_that_waits_gets_a_message_whose_lease_expires(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        await s.ReceiveAsync();
        Task<QueueDelivery?> waiting = s.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(waiting.IsCompleted);
        s.Advance(s.Queue.Options.LeaseDuration + TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await waiting)!.DeliveryCount);
    }

    [Case(Store, "visibility timeout", Waits = true)]
    internal static async Task Listeners_are_told_of_a_lease_that_expires_and_of_no_other(ConformanceSession s)
    {
        DurableQueue queue = await s.OpenQueueAsync();
        await using DurableQueue other = await s.Engine.OpenQueueAsync("jobs");
        ConcurrentQueue<LeaseExpiredEventArgs> told = new();
        await s.SendAsync("settled");
        await queue.EnqueueAsync(Message("expires") with { GroupId = "g" });
        await s.SendAsync("refused");
        await s.SendAsync("renewed");
        await (await s.ReceiveAsync()).AcknowledgeAsync();
        QueueDelivery expires = await s.ReceiveAsync();

        // What was leased before somebody listens is told too.
        queue.LeaseExpired += (_, lease) => told.Enqueue(lease);
        other.LeaseExpired += (_, lease) => told.Enqueue(lease);
        await (await s.ReceiveAsync()).NegativeAcknowledgeAsync(TimeSpan.FromHours(1));
        QueueDelivery renewed = await s.ReceiveAsync();
        s.Advance(queue.Options.LeaseDuration * 0.9);
        await queue.RenewAsync(renewed.Lease);
        s.Advance(queue.Options.LeaseDuration * 0.2);
        while (told.Count < 2)
        {
            await Task.Delay(5);
        }

        await Assert.ThrowsAsync<LeaseLostException>(async () => await expires.AcknowledgeAsync());
        await renewed.AcknowledgeAsync();
        Assert.Equal(2, told.Count);
        Assert.All(told, lease => Assert.Equal(
            ("jobs", expires.Lease, expires.Id, "g", 1),
            (lease.QueueName, lease.Lease, lease.MessageId, lease.GroupId, lease.DeliveryCount)));
        Assert.Equal(2, (await s.ReceiveAsync()).DeliveryCount);
    }

    [Case(Store, "renewal")]
    internal static async Task A_renewed_lease_runs_anew(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        QueueDelivery delivery = await s.ReceiveAsync();
        for (int i = 0; i < 5; i++)
        {
            s.Advance(s.Queue.Options.LeaseDuration * 0.9);
            delivery.Renew();
        }

        Assert.Null(await s.Queue.TryReceiveAsync());
        await delivery.AcknowledgeAsync();
        await s.RestartAsync();
        Assert.Null(await s.Queue.TryReceiveAsync());
    }

    [Case(Store, "renewal")]
    internal static async Task A_renewal_does_not_outlive_the_open_that_gave_the_lease(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        QueueDelivery delivery = await s.ReceiveAsync();
        delivery.Renew(TimeSpan.FromDays(1));
        await s.RestartAsync();
        await Assert.ThrowsAsync<LeaseLostException>(
            async () => await s.Queue.RenewAsync(delivery.Lease));
        Assert.Equal(2, (await s.ReceiveAsync()).DeliveryCount);
    }

    [Case(Store, "retry")]
    internal static async Task A_refused_message_comes_again_at_once_or_after_its_delay(
        ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        await (await s.ReceiveAsync()).NegativeAcknowledgeAsync();
        QueueDelivery second = await s.ReceiveAsync();
        Assert.Equal(2, second.DeliveryCount);
        await second.NegativeAcknowledgeAsync(TimeSpan.FromMinutes(1));
        Assert.Null(await s.Queue.TryReceiveAsync());
        await s.RestartAsync();
        Assert.Null(await s.Queue.TryReceiveAsync());
        Assert.Equal(1, s.Queue.Statistics.Scheduled);
        s.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, (await s.ReceiveAsync()).DeliveryCount);
    }

    [Case(Store, "retry")]
    internal static async Task A_refused_message_keeps_its_place(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        await s.SendAsync("a");
        await s.SendAsync("b");
        await (await s.ReceiveAsync()).NegativeAcknowledgeAsync();
        await s.RestartAsync();
        Assert.Equal(["a", "b"], await s.DrainAsync());
    }

    [Case(Store, "schedule")]
    internal static async Task A_due_time_is_waited_for_also_over_a_restart(ConformanceSession s)
    {
        await s.OpenQueueAsync();
        DateTimeOffset now = s.Time.GetUtcNow();
        await s.Queue.EnqueueAsync(Message("late") with { Delay = TimeSpan.FromHours(2) });
        await s.Queue.EnqueueAsync(Message("soon") with { DueAt = now.AddHours(1) });
        await s.Queue.EnqueueAsync(Message("past") with { DueAt = now.AddHours(-1) });
        Assert.Equal(["past"], await s.DrainAsync());
        await s.RestartAsync();
        Assert.Equal(2, s.Queue.Statistics.Scheduled);
        s.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["soon"], await s.DrainAsync());
        s.Advance(TimeSpan.FromHours(1));
        Assert.Equal(["late"], await s.DrainAsync());
    }
}
