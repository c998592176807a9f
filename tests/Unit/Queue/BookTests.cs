using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Unit.Queue;

/// <summary>Where messages are, at limits and after reopening, and what of it is counted.</summary>
public sealed class BookTests
{
    // Case B5: a full queue with a time to live in it was recounted, and the delayed one forgotten.
    [Fact]
    public async Task A_message_that_waits_is_delivered_when_due_also_from_a_full_queue()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxMessages = 3 });
        await fixture.Queue.EnqueueAsync(
            QueueFixture.Message("mortal") with { TimeToLive = TimeSpan.FromDays(1), Lane = 7 });
        await fixture.SendAsync("delayed");
        await fixture.SendAsync("other", lane: 7);
        await (await fixture.ReceiveAsync()).NegativeAcknowledgeAsync(TimeSpan.FromMinutes(1)).Soon();
        await Assert.ThrowsAsync<QueueFullException>(() => fixture.SendAsync("too many"));
        Assert.Equal(1, fixture.Queue.Statistics.Scheduled);
        Assert.Equal(2, fixture.Queue.Statistics.Ready);
        Task<IReadOnlyList<QueueDelivery>> others =
            fixture.Queue.ReceiveManyAsync(5, lease: TimeSpan.FromDays(1)).AsTask();
        Assert.Equal(2, (await others.Soon()).Count);
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        fixture.Time.Advance(TimeSpan.FromMinutes(1) + TimeSpan.FromSeconds(2));
        Assert.Equal("delayed", QueueFixture.Text((await waiting.Soon())!.Body));
    }

    // Case B6: a window full of messages that wait elsewhere looked like an empty lane.
    [Fact]
    public async Task A_fresh_message_behind_a_thousand_delayed_ones_is_found_after_reopening()
    {
        const int Delayed = 1100;
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxMessages = Delayed + 2 });
        await fixture.Queue.EnqueueManyAsync(
            [.. Enumerable.Range(0, Delayed).Select(i => QueueFixture.Message($"{i}"))],
            Durability.ProcessCrash).Soon();
        IReadOnlyList<QueueDelivery> all = await fixture.Queue.ReceiveManyAsync(Delayed).Soon();
        Assert.Equal(Delayed, all.Count);
        await Task.WhenAll(all.Select(d => d.NegativeAcknowledgeAsync(
            TimeSpan.FromHours(1), null, Durability.ProcessCrash).AsTask())).Soon();
        await fixture.SendAsync("fresh");
        await fixture.ReopenAsync();
        Assert.Equal(1, fixture.Queue.Statistics.Ready);
        Assert.Equal(Delayed, fixture.Queue.Statistics.Scheduled);
        QueueDelivery fresh = await fixture.ReceiveAsync();
        Assert.Equal("fresh", QueueFixture.Text(fresh.Body));
        Assert.Null(await fixture.Queue.TryReceiveAsync().Soon());
        await fixture.SendAsync("one more");
        await Assert.ThrowsAsync<QueueFullException>(() => fixture.SendAsync("too many"));
        Assert.Equal(1, fixture.Queue.Statistics.Ready);
    }

    // Case E10: ids are higher each time, not one higher.
    [Fact]
    public async Task Ids_rise_over_reopening()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        long last = 0;
        for (int open = 0; open < 3; open++)
        {
            long id = await fixture.SendAsync("a");
            Assert.True(id > last);
            last = id;
            await fixture.ReopenAsync();
        }
    }

    // Case E8: the wording at a limit of bytes named a number of messages that was not there.
    [Theory]
    [InlineData(2, null, "2 messages")]
    [InlineData(null, 10, "10 bytes")]
    [InlineData(2, 10, "2 messages or 10 bytes")]
    public async Task A_full_queue_names_its_limits(int? messages, int? bytes, string expected)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxMessages = messages, MaxBytes = bytes });
        QueueFullException full = await Assert.ThrowsAsync<QueueFullException>(
            () => fixture.Queue.EnqueueManyAsync(
                [.. Enumerable.Range(0, 3).Select(i => QueueFixture.Message($"{i}"))]).Soon());
        Assert.Contains(expected, full.Message, StringComparison.Ordinal);
    }

    // Case E8: one default of durability for everything that a queue and a topic write.
    [Fact]
    public void Every_call_that_takes_a_durability_defaults_to_power_loss()
    {
        System.Reflection.ParameterInfo[] parameters =
        [
            .. new[]
                {
                    typeof(DurableQueue), typeof(QueueDelivery), typeof(DeadLetterQueue),
                    typeof(Topic), typeof(ConsumerGroup),
                }
                .SelectMany(type => type.GetMethods())
                .SelectMany(method => method.GetParameters())
                .Where(p => p.ParameterType == typeof(Durability?)),
        ];
        Assert.True(parameters.Length > 10);
        Assert.All(parameters, p => Assert.Null(p.DefaultValue));
        Assert.Equal(Durability.PowerLoss, new StorageEngineOptions().DefaultDurability);
    }

    // Case B1, the kind: a batch that is too large is that, not an overflow.
    [Fact]
    public async Task Many_messages_that_are_too_large_together_are_refused_as_that()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        byte[] body = new byte[50 << 20];
        await Assert.ThrowsAsync<RecordTooLargeException>(
            () => fixture.Queue.EnqueueManyAsync(
                [.. Enumerable.Repeat(new QueueMessage(body), 2)]).Soon());
        await fixture.SendAsync("a");
        Assert.Equal(["a"], await fixture.DrainAsync());
    }
}
