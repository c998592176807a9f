using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

public sealed class LimitTests
{
    [Fact]
    public async Task A_duplicate_is_refused_within_the_window_also_after_acknowledgement_and_reopening()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        QueueMessage message = QueueFixture.Message("a") with { DeduplicationId = "once" };
        EnqueueResult first = await fixture.Queue.EnqueueAsync(message).Soon();
        Assert.Equal(
            new EnqueueResult(first.Id, EnqueueOutcome.Duplicate),
            await fixture.Queue.EnqueueAsync(message).Soon());
        Assert.Equal(["a"], await fixture.DrainAsync());
        await fixture.ReopenAsync();
        await fixture.Engine.CompactAsync().Soon();
        Assert.Equal(
            new EnqueueResult(first.Id, EnqueueOutcome.Duplicate),
            await fixture.Queue.EnqueueAsync(message).Soon());
        fixture.Time.Advance(fixture.Options.DeduplicationWindow);
        EnqueueResult later = await fixture.Queue.EnqueueAsync(message).Soon();
        Assert.Equal(EnqueueOutcome.Enqueued, later.Outcome);
        Assert.True(later.Id > first.Id);
    }

    [Fact]
    public async Task Deduplication_ids_leave_the_index_after_their_window_without_another_enqueue()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        for (int i = 0; i < 50; i++)
        {
            await fixture.Queue.EnqueueAsync(
                QueueFixture.Message("a") with { DeduplicationId = $"id {i}" }).Soon();
        }

        await fixture.DrainAsync();
        long keys = fixture.Engine.Statistics.Keys;
        fixture.Time.Advance(fixture.Options.DeduplicationWindow * 2);
        await Eventually.IsTrueAsync(
            () => fixture.Engine.Statistics.Keys == keys - 50, "a sweep of all 50");
    }

    [Fact]
    public async Task Of_duplicates_that_race_one_is_written()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        EnqueueResult[] results = await Task.WhenAll(Enumerable.Range(0, 64).Select(
            _ => fixture.Queue.EnqueueAsync(
                QueueFixture.Message("a") with { DeduplicationId = "once" }).AsTask())).Soon();
        EnqueueResult winner = Assert.Single(results, r => r.Outcome == EnqueueOutcome.Enqueued);
        Assert.All(results, r => Assert.Equal(winner.Id, r.Id));
        Assert.Equal(["a"], await fixture.DrainAsync());
        Assert.Equal(63, fixture.Queue.Statistics.Duplicates);
    }

    [Fact]
    public async Task A_batch_is_written_without_its_duplicates()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        QueueMessage Of(string body, string id) =>
            QueueFixture.Message(body) with { DeduplicationId = id };
        EnqueueResult known = await fixture.Queue.EnqueueAsync(Of("known", "k")).Soon();
        IReadOnlyList<EnqueueResult> results = await fixture.Queue.EnqueueManyAsync(
            [Of("a", "a"), Of("b", "k"), Of("c", "a"), QueueFixture.Message("d")]).Soon();
        Assert.Equal(
            [EnqueueOutcome.Enqueued, EnqueueOutcome.Duplicate, EnqueueOutcome.Duplicate,
                EnqueueOutcome.Enqueued],
            results.Select(r => r.Outcome));
        Assert.Equal(known.Id, results[1].Id);
        Assert.Equal(results[0].Id, results[2].Id);
        Assert.Equal(["known", "a", "d"], await fixture.DrainAsync());
    }

    [Fact]
    public async Task A_full_queue_drops_its_oldest_ready_messages_if_told_so()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxMessages = 3, AtLimit = QueueLimitAction.DropOldest });
        for (int i = 0; i < 3; i++)
        {
            await fixture.SendAsync($"{i}", lane: i);
        }

        QueueDelivery leased = await fixture.ReceiveAsync();
        await fixture.SendAsync("3");
        await fixture.SendAsync("4");
        await leased.NegativeAcknowledgeAsync().Soon();
        Assert.Equal(2, fixture.Queue.Statistics.Dropped);
        await fixture.ReopenAsync();
        Assert.Equal(["0", "3", "4"], await fixture.DrainAsync());
    }

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

    [Fact]
    public async Task An_old_message_is_not_delivered_and_makes_room()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { MaxMessages = 2, MaxAge = TimeSpan.FromMinutes(1) });
        await fixture.SendAsync("old");
        await fixture.Queue.EnqueueAsync(
            QueueFixture.Message("long") with { TimeToLive = TimeSpan.FromHours(1) }).Soon();
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        await fixture.SendAsync("new");
        Assert.Equal(["long", "new"], await fixture.DrainAsync());
        Assert.Equal(0, fixture.Queue.Statistics.Bytes);
    }

    [Fact]
    public async Task A_purge_takes_all_messages_and_leaves_dead_letters()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("dead");
        await (await fixture.ReceiveAsync()).DeadLetterAsync("x").Soon();
        for (int i = 0; i < 2000; i++)
        {
            await fixture.Queue.EnqueueAsync(
                QueueFixture.Message($"{i}") with { Delay = TimeSpan.FromSeconds(i % 2) },
                Durability.ProcessCrash).Soon();
        }

        QueueDelivery leased = await fixture.ReceiveAsync();
        Assert.Equal(2000, await fixture.Queue.PurgeAsync().Soon());
        await Assert.ThrowsAsync<LeaseLostException>(() => leased.AcknowledgeAsync().Soon());
        await fixture.SendAsync("after");
        fixture.Time.Advance(TimeSpan.FromHours(1));
        QueueStatistics statistics = fixture.Queue.Statistics;
        Assert.Equal((1, 0, 0, 1),
            (statistics.Ready, statistics.Scheduled, statistics.Leased, statistics.Dead));
        await fixture.ReopenAsync();
        Assert.Equal(["after"], await fixture.DrainAsync());
    }

    [Fact]
    public async Task A_peek_shows_what_is_next_and_takes_nothing()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("b", lane: 5);
        await fixture.SendAsync("a", lane: 0);
        await fixture.SendAsync("c", lane: 5);
        IReadOnlyList<PeekedMessage> seen = await fixture.Queue.PeekAsync(2).Soon();
        Assert.Equal(["a", "b"], seen.Select(m => QueueFixture.Text(m.Body)));
        Assert.Equal(["a", "b", "c"], await fixture.DrainAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_queue_needs_a_name(string? name)
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await Assert.ThrowsAnyAsync<ArgumentException>(
            () => DurableQueue.OpenAsync(fixture.Engine, name!).Soon());
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
