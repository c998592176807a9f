using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class LimitTests
{
    [Fact]
    public async Task Bytes_are_bounded_and_known_after_reopening()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxBytes = 10_000 });
        int sent = 0;
        try
        {
            for (; ; sent++)
            {
                await fixture.SendAsync(new string('x', 900));
            }
        }
        catch (QueueFullException)
        {
            // After ten or so.
        }

        Assert.InRange(sent, 9, 11);
        long bytes = fixture.Queue.Statistics.Bytes;
        await fixture.ReopenAsync();
        Assert.Equal(bytes, fixture.Queue.Statistics.Bytes);
        await Assert.ThrowsAsync<QueueFullException>(
            () => fixture.SendAsync(new string('x', 900)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_queue_needs_a_name(string? name)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => fixture.Engine.OpenQueueAsync(name!).Soon());
    }

    [Fact]
    public async Task Bad_input_is_refused_before_anything_is_written()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        long before = fixture.Engine.VisibleSequence;
        QueueMessage good = QueueFixture.Message("x");
        QueueMessage[] bad =
        [
            good with { Lane = 8 }, good with { Lane = -1 }, good with { DeduplicationId = "" },
            good with { DeduplicationId = new string('x', 1025) },
            good with { Delay = TimeSpan.FromTicks(-1) }, good with { TimeToLive = TimeSpan.Zero },
            good with { Headers = new Dictionary<string, string> { ["x"] = new('y', 70_000) } },
        ];
        foreach (QueueMessage message in bad)
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(
                async () => await fixture.Queue.EnqueueAsync(message));
        }

        await Assert.ThrowsAsync<RecordTooLargeException>(async () =>
            await fixture.Queue.EnqueueAsync(new QueueMessage(new byte[64 << 20])));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await fixture.Queue.ReceiveManyAsync(0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await fixture.Queue.TryReceiveAsync(TimeSpan.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new QueueOptions { LeaseDuration = TimeSpan.Zero }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new QueueOptions { StarvationLimit = 0 }.Validate());
        Assert.Equal(before, fixture.Engine.VisibleSequence);
    }
}
