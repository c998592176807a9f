using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Queue;

/// <summary>Groups of an embedded queue: their bytes, and many of them.</summary>
public sealed class GroupTests
{
    [Fact]
    public void Keys_of_messages_are_those_of_the_page()
    {
        QueueEntry ready = new(0x0102, 9, 0, 80, 4);
        QueueEntry due = new(0x0102, 9, 0x0304, 80, 4);
        QueueEntry grouped = due with { Group = "ab" };
        Assert.Equal("01040000000000000102" + "00000050", Convert.ToHexString(ready.Key));
        Assert.Equal(
            "0200000000000003040000000000000102" + "0400000050", Convert.ToHexString(due.Key));
        Assert.Equal(
            "03026162" + "0000000000000102" + "04" + "0000000000000304" + "00000050",
            Convert.ToHexString(grouped.Key));
        foreach (QueueEntry entry in (QueueEntry[])[ready, due, grouped])
        {
            Assert.True(QueueEntry.TryRead(entry.Key, 9, out QueueEntry read));
            Assert.Equal(entry, read);
        }
    }

    [Fact]
    public async Task What_is_of_no_group_costs_no_byte_more()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.SendAsync("a");
        long plain = fixture.Queue.Statistics.Bytes;
        Assert.Equal(80, plain);
        await fixture.Queue.EnqueueAsync(QueueFixture.Message("a") with { GroupId = "g" }).Soon();
        Assert.True(fixture.Queue.Statistics.Bytes > 2 * plain);
    }

    [Fact]
    public async Task A_hundred_thousand_groups_keep_their_order_over_a_reopening()
    {
        const int Groups = 100_000;
        await using QueueFixture fixture = await QueueFixture.OpenAsync(
            new QueueOptions { LeaseDuration = TimeSpan.FromDays(1) });
        foreach (int[] some in Enumerable.Range(0, 2 * Groups).Chunk(10_000))
        {
            await fixture.Queue.EnqueueManyAsync(
                [.. some.Select(i => QueueFixture.Message($"{i / Groups}") with
                {
                    GroupId = $"group {i % Groups}",
                })],
                Durability.ProcessCrash).Soon();
        }

        await fixture.ReopenAsync();
        Assert.Equal(
            (Groups, Groups), (fixture.Queue.Statistics.Ready, fixture.Queue.Statistics.HeldBack));
        for (int round = 0; round < 2; round++)
        {
            for (int got = 0; got < Groups; got += 10_000)
            {
                IReadOnlyList<QueueDelivery> some = await fixture.Queue.ReceiveManyAsync(10_000).Soon();
                Assert.Equal(10_000, some.Count);
                Assert.All(some, d => Assert.Equal($"{round}", QueueFixture.Text(d.Body)));
                WriteBatch batch = fixture.Engine.CreateBatch();
                foreach (QueueDelivery delivery in some)
                {
                    delivery.Acknowledge(batch);
                }

                await fixture.Engine.CommitAsync(batch, Durability.ProcessCrash).Soon();
            }
        }

        Assert.Equal((0L, 0L), (fixture.Queue.Statistics.Ready, fixture.Queue.Statistics.HeldBack));
    }

    [Fact]
    public async Task A_receiver_that_waits_gets_the_next_of_a_group_once_the_first_is_acknowledged()
    {
        await using QueueFixture fixture = await QueueFixture.OpenAsync();
        await fixture.Queue.EnqueueAsync(QueueFixture.Message("1") with { GroupId = "g" }).Soon();
        await fixture.Queue.EnqueueAsync(QueueFixture.Message("2") with { GroupId = "g" }).Soon();
        QueueDelivery first = await fixture.ReceiveAsync();
        Task<QueueDelivery?> waiting =
            fixture.Queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        Assert.False(waiting.IsCompleted);
        await first.AcknowledgeAsync().Soon();
        Assert.Equal("2", QueueFixture.Text((await waiting.Soon())!.Body));
    }

    [Fact]
    public void Messages_are_equal_by_what_they_hold()
    {
        QueueMessage One(string value) => QueueFixture.Message("body") with
        {
            Headers = new Dictionary<string, string> { ["a"] = value },
            GroupId = "g",
        };

        Assert.Equal(One("x"), One("x"));
        Assert.Equal(One("x").GetHashCode(), One("x").GetHashCode());
        Assert.NotEqual(One("x"), One("y"));
        Assert.NotEqual(One("x"), One("x") with { GroupId = "h" });
        Assert.NotEqual(One("x"), One("x") with { Body = new byte[4] });
        Assert.Equal(
            QueueFixture.Message("a"),
            QueueFixture.Message("a") with { Headers = new Dictionary<string, string>() });
    }
}
