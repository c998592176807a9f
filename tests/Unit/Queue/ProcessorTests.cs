using System.Collections.Concurrent;
using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class ProcessorTests
{
    [Fact]
    public async Task No_more_handlers_run_than_are_allowed_and_all_messages_are_acknowledged()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        int running = 0;
        int most = 0;
        CountdownEvent left = new(50);
        await using QueueProcessor processor = new(
            fixture.Queue,
            async (delivery, _) =>
            {
                int now = Interlocked.Increment(ref running);
                InterlockedMax(ref most, now);
                await Task.Yield();
                Interlocked.Decrement(ref running);
                left.Signal();
            },
            new QueueProcessorOptions { Concurrency = 3 });
        processor.Start();
        for (int i = 0; i < 50; i++)
        {
            await fixture.SendAsync($"{i}");
        }

        await Eventually.IsTrueAsync(() => left.IsSet, "all are handled");
        await processor.StopAsync().Soon();
        Assert.InRange(most, 1, 3);
        Assert.Equal(50, fixture.Queue.Statistics.Acknowledged);
    }

    [Fact]
    public async Task A_handler_that_fails_gives_the_message_back_with_a_growing_delay()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxDeliveries = 3 });
        ConcurrentQueue<int> deliveries = new();
        ConcurrentQueue<Exception> failures = new();
        await using QueueProcessor processor = new(
            fixture.Queue,
            (delivery, _) =>
            {
                deliveries.Enqueue(delivery.DeliveryCount);
                throw new FormatException("bad");
            },
            new QueueProcessorOptions { OnFailure = (_, error) => failures.Enqueue(error) });
        processor.Start();
        await fixture.SendAsync("a");
        for (int delivery = 1; delivery <= 3; delivery++)
        {
            int expected = delivery;
            await Eventually.IsTrueAsync(
                () => deliveries.Count == expected && fixture.Queue.Statistics.Leased == 0,
                "it is given back");
            fixture.Time.Advance(TimeSpan.FromSeconds(1 << (delivery - 1)) + TimeSpan.FromSeconds(1));
        }

        await Eventually.IsTrueAsync(() => fixture.Queue.DeadLetters.Count == 1, "it is dead");
        await foreach (DeadLetter letter in fixture.Queue.DeadLetters.ListAsync())
        {
            Assert.Equal("FormatException: bad", letter.Reason);
        }

        Assert.Equal([1, 2, 3], deliveries);
        Assert.All(failures, error => Assert.IsType<FormatException>(error));
    }

    [Fact]
    public async Task Stopping_waits_for_handlers_and_hurries_them_when_patience_ends()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        TaskCompletionSource started = new();
        await using QueueProcessor processor = new(
            fixture.Queue,
            async (_, cancellationToken) =>
            {
                started.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancellationToken);
            });
        processor.Start();
        await fixture.SendAsync("a");
        await started.Task.Soon();
        using CancellationTokenSource patience = new();
        Task stopping = processor.StopAsync(patience.Token);
        Assert.False(stopping.IsCompleted);
        await patience.CancelAsync();
        await stopping.Soon();
        Assert.Equal(2, (await fixture.ReceiveAsync()).DeliveryCount);
    }

    [Fact]
    public async Task A_lease_is_renewed_while_its_handler_runs()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        TaskCompletionSource started = new();
        TaskCompletionSource finish = new();
        await using QueueProcessor processor = new(
            fixture.Queue,
            async (_, _) =>
            {
                started.TrySetResult();
                await finish.Task;
            },
            new QueueProcessorOptions { Concurrency = 1 });
        processor.Start();
        await fixture.SendAsync("a");
        await started.Task.Soon();
        fixture.Time.Advance(fixture.Options.LeaseDuration * 0.6);
        fixture.Time.Advance(fixture.Options.LeaseDuration * 0.6);
        finish.SetResult();
        await Eventually.IsTrueAsync(
            () => fixture.Queue.Statistics.Acknowledged == 1, "it is acknowledged");
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen;
        while ((seen = Volatile.Read(ref target)) < value
            && Interlocked.CompareExchange(ref target, value, seen) != seen)
        {
            // Somebody else was faster: look again.
        }
    }
}
