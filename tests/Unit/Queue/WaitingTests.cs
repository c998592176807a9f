using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Unit.Queue;

/// <summary>The line of those who wait: whoever leaves is out of it, and no wake-up is lost.</summary>
public sealed class WaitingTests
{
    public static TheoryData<TimeSpan> LongWaits =>
        new(TimeSpan.FromDays(60), TimeSpan.MaxValue, TimeSpan.FromDays(1));

    // Case A7: a wait of 60 days threw, and its place in line swallowed one later wake-up.
    [Theory]
    [MemberData(nameof(LongWaits))]
    public async Task Long_waits_work(TimeSpan wait)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await using Topic topic = Topic.Open(fixture.Engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        Task<QueueDelivery?> one = fixture.Queue.ReceiveAsync(wait).AsTask();
        Task<TopicRead> read = group.ReadAsync(1, wait).AsTask();

        // A part of the wait passes, more than a timer takes at once.
        fixture.Time.Advance(TimeSpan.FromHours(23));
        await fixture.SendAsync("a");
        await topic.AppendAsync(new byte[1]).Soon();
        Assert.NotNull(await one.Soon());
        Assert.Single((await read.Soon()).Records);
    }

    [Fact]
    public async Task A_long_wait_ends_when_all_of_it_has_passed()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        Task<QueueDelivery?> one = fixture.Queue.ReceiveAsync(TimeSpan.FromDays(60)).AsTask();
        for (int day = 0; day < 60; day++)
        {
            Assert.False(one.IsCompleted);
            fixture.Time.Advance(TimeSpan.FromDays(1));
            await Task.Delay(2);
        }

        await Eventually.IsTrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromDays(1));
                return one.IsCompleted;
            },
            "the wait ends");
        Assert.Null(await one);
    }

    [Theory]
    [InlineData(-2)]
    [InlineData(-1_000_000)]
    public async Task A_negative_wait_is_refused_before_anything_stands_in_line(int milliseconds)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await using Topic topic = Topic.Open(fixture.Engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        TimeSpan wait = TimeSpan.FromMilliseconds(milliseconds);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await fixture.Queue.ReceiveAsync(wait));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await group.ReadAsync(1, wait));
    }

    // Case A8: cancelled after its wake-up, it looked no more, and nobody was told in its place.
    [Fact]
    public async Task A_receiver_that_is_cancelled_when_woken_passes_it_on()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxDeliveries = 0 });
        await fixture.SendAsync("a");
        for (int round = 0; round < 300; round++)
        {
            QueueDelivery held = await fixture.ReceiveAsync();
            using CancellationTokenSource leaves = new();
            Task<QueueDelivery?> first =
                fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan, null, leaves.Token).AsTask();
            Task<QueueDelivery?> second =
                fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();

            // The lease ends: the timer wakes the first, on this thread, which goes on at once to
            // cancel it, before or after the pool has let it look again.
            fixture.Time.Advance(fixture.Options.LeaseDuration + TimeSpan.FromMilliseconds(1));
            await leaves.CancelAsync();
            QueueDelivery? delivery = null;
            try
            {
                delivery = await first.Soon();
            }
            catch (OperationCanceledException)
            {
                // Then it is the second's.
            }

            if (delivery is not null)
            {
                await delivery.NegativeAcknowledgeAsync().Soon();
            }

            delivery = await second.Soon();
            Assert.Equal(held.Id, delivery!.Id);
            await delivery.NegativeAcknowledgeAsync().Soon();
        }
    }

    // Case A8, always: the clock cancels between the wake-up and the second look.
    [Fact]
    public async Task A_receiver_that_is_cancelled_by_the_clock_passes_its_wake_up_on()
    {
        HookedTime time = new();
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(
            new StorageEngineOptions { TimeProvider = time });
        await using DurableQueue queue = await engine.OpenQueueAsync("q").Soon();
        using CancellationTokenSource leaves = new();
        Task<QueueDelivery?> first =
            queue.ReceiveAsync(TimeSpan.FromHours(1), null, leaves.Token).AsTask();
        Task<QueueDelivery?> second = queue.ReceiveAsync(TimeSpan.FromHours(1)).AsTask();
        time.OnTimestamp = leaves.Cancel;
        await queue.EnqueueAsync(QueueFixture.Message("a")).Soon();
        await Eventually.IsTrueAsync(
            () => first.IsCompletedSuccessfully || second.IsCompletedSuccessfully,
            "somebody gets it");
        time.OnTimestamp = null;
        await queue.DisposeAsync().Soon();
    }

    // Case A8, the kind: whoever looks at the queue moves what has fallen due, and must wake for it.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_look_at_the_queue_takes_no_wake_up_away(bool peeks)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        await fixture.ReceiveAsync();
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        fixture.Time.AdvanceSilently(fixture.Options.LeaseDuration);
        if (peeks)
        {
            Assert.Single(await fixture.Queue.PeekAsync().Soon());
        }
        else
        {
            Assert.Equal(0, fixture.Queue.Statistics.Leased);
        }

        Assert.Equal(2, (await waiting.Soon())!.DeliveryCount);
    }

    // Case A9: the poll blocked as long as the other waited.
    [Fact]
    public async Task A_poll_returns_at_once_while_another_consumer_of_its_group_waits()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using Topic topic = Topic.Open(engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        Task<TopicRead> waiting = group.ReadAsync(1, Timeout.InfiniteTimeSpan).AsTask();
        Assert.Empty((await group.ReadAsync(1).Soon()).Records);
        Assert.False(waiting.IsCompleted);
        using CancellationTokenSource leaves = new();
        Task<TopicRead> other =
            group.ReadAsync(1, Timeout.InfiniteTimeSpan, leaves.Token).AsTask();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other.Soon());
        await topic.AppendAsync(new byte[1]).Soon();
        Assert.Single((await waiting.Soon()).Records);
        Assert.Empty((await group.ReadAsync(1).Soon()).Records);
    }

    private sealed class HookedTime : TimeProvider
    {
        internal Action? OnTimestamp { get; set; }

        public override long GetTimestamp()
        {
            OnTimestamp?.Invoke();
            return base.GetTimestamp();
        }
    }
}
