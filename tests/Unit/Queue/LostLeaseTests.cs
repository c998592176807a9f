using System.Collections.Concurrent;
using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

/// <summary>Who is told that a lease is lost: listeners, and the handler that held it.</summary>
public sealed class LostLeaseTests
{
    [Fact]
    public async Task Every_object_of_a_queue_is_told_of_a_lease_that_expires_and_of_no_other()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await using DurableQueue other = await fixture.Engine.OpenQueueAsync("work");
        ConcurrentQueue<LeaseExpiredEventArgs> told = new();
        fixture.Queue.LeaseExpired += (_, _) => throw new InvalidOperationException("listener");
        fixture.Queue.LeaseExpired += (_, lease) => told.Enqueue(lease);
        other.LeaseExpired += (_, lease) => told.Enqueue(lease);
        await fixture.Queue.EnqueueAsync(QueueFixture.Message("a") with { GroupId = "g" }).Soon();
        await fixture.SendAsync("b");
        QueueDelivery expires = await fixture.ReceiveAsync();
        await (await fixture.ReceiveAsync()).AcknowledgeAsync().Soon();

        // Nobody waits for a message: the queue notices by itself.
        fixture.Time.Advance(fixture.Options.LeaseDuration + TimeSpan.FromMilliseconds(2));
        await Eventually.IsTrueAsync(() => told.Count == 2, "both are told");
        Assert.All(told, lease => Assert.Equal(
            ("work", expires.Lease, expires.Id, "g", 1),
            (lease.QueueName, lease.Lease, lease.MessageId, lease.GroupId, lease.DeliveryCount)));
        Assert.Equal(1, fixture.Queue.Statistics.LeasesExpired);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_token_of_a_handler_ends_when_its_lease_is_lost(bool purged)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ConcurrentQueue<Exception> failures = new();
        using QueueProcessor processor = new(
            fixture.Queue,
            async (_, token) =>
            {
                started.TrySetResult();
                try
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, token);
                }
                finally
                {
                    ended.TrySetResult();
                }
            },
            new QueueProcessorOptions
            {
                Concurrency = 1,
                RenewLeases = purged,
                OnFailure = (_, error) => failures.Enqueue(error),
            });
        processor.Start();
        await started.Task.Soon();
        if (purged)
        {
            await fixture.Queue.PurgeAsync().Soon();
        }

        await Eventually.IsTrueAsync(
            () =>
            {
                fixture.Time.Advance(fixture.Options.LeaseDuration / 2);
                return ended.Task.IsCompleted;
            },
            "the token ends");
        await Eventually.IsTrueAsync(() => !failures.IsEmpty, "it is told");
        Assert.IsType<LeaseLostException>(failures.First());
    }

    [Fact]
    public async Task A_lease_that_is_renewed_ends_no_token()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        TaskCompletionSource<CancellationToken> started =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource goesOn = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using QueueProcessor processor = new(
            fixture.Queue,
            async (_, token) =>
            {
                started.TrySetResult(token);
                await goesOn.Task;
            },
            new QueueProcessorOptions { Concurrency = 1 });
        processor.Start();
        CancellationToken token = await started.Task.Soon();
        for (int half = 0; half < 6; half++)
        {
            fixture.Time.Advance(fixture.Options.LeaseDuration / 2);
            await Task.Yield();
        }

        Assert.False(token.IsCancellationRequested);
        goesOn.SetResult();
        await Eventually.IsTrueAsync(
            () => fixture.Queue.Statistics.Acknowledged == 1, "it is acknowledged");
    }
}
