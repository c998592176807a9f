using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Unit.Queue;

/// <summary>Every option at both ends of its range, on clocks at both ends of theirs.</summary>
public sealed class ExtremesTests
{
    private static readonly DateTimeOffset[] _clocks =
    [
        DateTimeOffset.MinValue,
        DateTimeOffset.MinValue + TimeSpan.FromTicks(1),
        ManualTime.Epoch,
        DateTimeOffset.MaxValue - TimeSpan.FromDays(1),
        DateTimeOffset.MaxValue - TimeSpan.FromTicks(1),
        DateTimeOffset.MaxValue,
    ];

    private static readonly QueueOptions[] _queues =
    [
        new() { LeaseDuration = TimeSpan.FromMilliseconds(1) },
        new() { LeaseDuration = QueueOptions.MaxLeaseDuration },
        new() { MaxDeliveries = 0 },
        new() { MaxDeliveries = 65_535 },
        new() { StarvationLimit = 1 },
        new() { StarvationLimit = 1_000_000 },
        new() { DeduplicationWindow = TimeSpan.FromMilliseconds(1) },
        new() { DeduplicationWindow = QueueOptions.MaxDeduplicationWindow },
        new() { MaxMessages = 100, AtLimit = QueueLimitAction.DropOldest },
        new() { MaxMessages = long.MaxValue },
        new() { MaxBytes = long.MaxValue },
        new() { MaxAge = TimeSpan.MaxValue },
    ];

    private static readonly TopicOptions[] _topics =
    [
        new() { MaxAge = TimeSpan.MaxValue },
        new() { MaxAge = TimeSpan.FromTicks(1) },
        new() { MaxRecords = 1, TrimStep = 1 },
        new() { MaxRecords = long.MaxValue },
        new() { TrimStep = 1 },
        new() { TrimStep = 1_000_000 },
    ];

    public static TheoryData<int, int> Queues => Pairs(_queues.Length);

    public static TheoryData<int, int> Topics => Pairs(_topics.Length);

    // Case B9: what Validate accepted made every call throw.
    [Theory]
    [MemberData(nameof(Queues))]
    public async Task A_queue_works_with_every_option_on_every_clock(int clock, int options)
    {
        ManualTime time = new();
        time.SetUtcNow(_clocks[clock]);
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(
            new StorageEngineOptions { TimeProvider = time });
        await using DurableQueue queue =
            await engine.OpenQueueAsync("q", _queues[options]).Soon();
        QueueMessage message = QueueFixture.Message("a");
        await queue.EnqueueAsync(message).Soon();
        await queue.EnqueueAsync(message with { DueAt = DateTimeOffset.MinValue }).Soon();
        await queue.EnqueueAsync(message with { TimeToLive = TimeSpan.MaxValue }).Soon();
        await queue.EnqueueAsync(message with { DeduplicationId = "a" }).Soon();
        Assert.Equal(
            EnqueueOutcome.Duplicate,
            (await queue.EnqueueAsync(message with { DeduplicationId = "a" }).Soon()).Outcome);
        IReadOnlyList<QueueDelivery> received = await queue.ReceiveManyAsync(10).Soon();
        Assert.Equal(4, received.Count);
        await received[0].AcknowledgeAsync().Soon();
        await received[1].DeadLetterAsync("no").Soon();
        received[2].Renew(QueueOptions.MaxLeaseDuration);
        await received[2].NegativeAcknowledgeAsync().Soon();
        await received[3].NegativeAcknowledgeAsync(DurableQueue.MaxDelay).Soon();
        Assert.Equal(1, await queue.DeadLetters.ReplayAllAsync().Soon());

        // At the end of the calendar nothing can be later: what is delayed is ready.
        bool isAtEnd = _clocks[clock] == DateTimeOffset.MaxValue;
        Assert.Equal(isAtEnd ? 0 : 1, queue.Statistics.Scheduled);
        Assert.Equal(isAtEnd ? 3 : 2, queue.Statistics.Ready);
        await queue.EnqueueAsync(message with { Delay = TimeSpan.MaxValue }).Soon();
        await queue.EnqueueAsync(message with { DueAt = DateTimeOffset.MaxValue }).Soon();
        Assert.Equal(isAtEnd ? 0 : 3, queue.Statistics.Scheduled);
        Assert.Equal(isAtEnd ? 5 : 2, (await queue.ReceiveManyAsync(10).Soon()).Count);
    }

    [Theory]
    [MemberData(nameof(Topics))]
    public async Task A_topic_works_with_every_option_on_every_clock(int clock, int options)
    {
        ManualTime time = new();
        time.SetUtcNow(_clocks[clock]);
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(
            new StorageEngineOptions { TimeProvider = time });
        await using Topic topic = Topic.Open(engine, "t", _topics[options]);
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        for (int i = 1; i <= 3; i++)
        {
            Assert.Equal(i, await topic.AppendAsync(new byte[1]).Soon());
        }

        TopicRead read = await group.ReadAsync(10).Soon();
        Assert.Equal(3, read.Records[^1].Offset);
        Assert.Equal(3, read.Records.Count + read.Missed);
        await group.CommitAsync(3).Soon();
        await topic.TrimAsync().Soon();
        Assert.Equal(4, await topic.AppendAsync(new byte[1]).Soon());
    }

    // Case B9: the ends of a processor's options.
    [Theory]
    [InlineData(1, 0, 0)]
    [InlineData(4096, 3650, 1)]
    public async Task A_processor_works_at_both_ends_of_its_options(
        int concurrency, int retryDays, int abandonDays)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        TaskCompletionSource failed = new();
        await using QueueProcessor processor = new(
            fixture.Queue,
            (_, _) => throw new FormatException("no"),
            new QueueProcessorOptions
            {
                Concurrency = concurrency,
                RetryDelay = TimeSpan.FromDays(retryDays),
                MaxRetryDelay = DurableQueue.MaxDelay,
                AbandonAfter = TimeSpan.FromDays(abandonDays),
                OnFailure = (_, error) =>
                {
                    if (error is FormatException)
                    {
                        failed.TrySetResult();
                    }
                    else
                    {
                        failed.TrySetException(error);
                    }
                },
            });
        processor.Start();
        await fixture.SendAsync("a");
        await failed.Task.Soon();
        await processor.StopAsync().Soon();
        Assert.Equal(0, fixture.Queue.Statistics.Leased);
        Assert.Equal(retryDays == 0 ? 0 : 1, fixture.Queue.Statistics.Scheduled);
    }

    [Fact]
    public void What_is_out_of_range_is_refused_by_name()
    {
        Assert.All(
            new QueueOptions[]
            {
                new() { LeaseDuration = TimeSpan.Zero },
                new() { LeaseDuration = TimeSpan.MaxValue },
                new() { MaxDeliveries = -1 },
                new() { MaxDeliveries = 65_536 },
                new() { StarvationLimit = 0 },
                new() { StarvationLimit = 1_000_001 },
                new() { DeduplicationWindow = TimeSpan.Zero },
                new() { MaxMessages = 0 },
                new() { MaxBytes = 0 },
                new() { MaxAge = TimeSpan.Zero },
                new() { AtLimit = (QueueLimitAction)7 },
            },
            options => Assert.Throws<ArgumentOutOfRangeException>(options.Validate));
        Assert.All(
            new TopicOptions[]
            {
                new() { MaxAge = TimeSpan.Zero },
                new() { MaxRecords = 0 },
                new() { TrimStep = 0 },
                new() { TrimStep = 1_000_001 },
            },
            options => Assert.Throws<ArgumentOutOfRangeException>(options.Validate));
        Assert.All(
            new QueueProcessorOptions[]
            {
                new() { Concurrency = 0 },
                new() { Concurrency = 4097 },
                new() { RetryDelay = TimeSpan.FromTicks(-1) },
                new() { MaxRetryDelay = TimeSpan.Zero },
                new() { MaxRetryDelay = TimeSpan.MaxValue },
                new() { AbandonAfter = TimeSpan.FromTicks(-1) },
                new() { AbandonAfter = TimeSpan.MaxValue },
            },
            options => Assert.Throws<ArgumentOutOfRangeException>(options.Validate));
    }

    private static TheoryData<int, int> Pairs(int options)
    {
        TheoryData<int, int> pairs = [];
        for (int clock = 0; clock < _clocks.Length; clock++)
        {
            for (int i = 0; i < options; i++)
            {
                pairs.Add(clock, i);
            }
        }

        return pairs;
    }
}
