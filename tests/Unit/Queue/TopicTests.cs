using LogEngine.Stores.Topics;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Queue;

public sealed class TopicTests
{
    [Fact]
    public async Task Every_group_reads_every_record_in_order_and_goes_on_after_reopening()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            await using Topic topic = Topic.Open(engine, "events");
            ConsumerGroup first = await topic.GetGroupAsync("first").Soon();
            await topic.GetGroupAsync("second").Soon();
            for (int i = 1; i <= 20; i++)
            {
                Assert.Equal(i, await topic.AppendAsync(SmallEngine.Bytes($"{i}")).Soon());
            }

            TopicRead read = await first.ReadAsync(7).Soon();
            Assert.Equal(Enumerable.Range(1, 7).Select(i => (long)i),
                read.Records.Select(r => r.Offset));
            await first.CommitAsync(5).Soon();
            Assert.Equal(
                [new GroupStatus("first", 6, 15), new GroupStatus("second", 1, 20)], topic.Groups);
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        await using Topic reopened = Topic.Open(again, "events");
        ConsumerGroup group = await reopened.GetGroupAsync("first").Soon();
        TopicRead rest = await group.ReadAsync(100).Soon();
        Assert.Equal(
            Enumerable.Range(6, 15).Select(i => $"{i}"),
            rest.Records.Select(r => QueueFixture.Text(r.Body)));
        Assert.Equal(21, await reopened.AppendAsync(SmallEngine.Bytes("21")).Soon());
    }

    [Fact]
    public async Task Records_go_when_the_slowest_group_has_passed_them()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using Topic topic = Topic.Open(engine, "t", new TopicOptions { TrimStep = 10 });
        ConsumerGroup fast = await topic.GetGroupAsync("fast").Soon();
        ConsumerGroup slow = await topic.GetGroupAsync("slow").Soon();
        await AppendAsync(topic, 100);
        await fast.CommitAsync(100).Soon();
        Assert.Equal(1, topic.FirstOffset);
        await slow.CommitAsync(50).Soon();
        Assert.Equal(51, topic.FirstOffset);
        await topic.DeleteGroupAsync("slow").Soon();
        await topic.TrimAsync().Soon();
        Assert.Equal(100, topic.FirstOffset);
    }

    [Fact]
    public async Task A_topic_with_a_limit_waits_for_nobody_and_says_what_was_missed()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using Topic topic = Topic.Open(
            engine, "t", new TopicOptions { MaxRecords = 10, TrimStep = 1 });
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        await AppendAsync(topic, 100);
        TopicRead read = await group.ReadAsync(3).Soon();
        Assert.Equal(90, read.Missed);
        Assert.Equal([91L, 92L, 93L], read.Records.Select(r => r.Offset));
    }

    [Fact]
    public async Task A_group_can_be_reset_and_begins_where_it_is_told()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using Topic topic = Topic.Open(engine, "t");
        await AppendAsync(topic, 10);
        ConsumerGroup late = await topic.GetGroupAsync("late", atEnd: true).Soon();
        Assert.Empty((await late.ReadAsync(1).Soon()).Records);
        await late.ResetAsync(4).Soon();
        Assert.Equal(4, (await late.ReadAsync(1).Soon()).Records[0].Offset);
        await late.ResetAsync(long.MaxValue).Soon();
        Assert.Equal(11, late.Cursor);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => late.CommitAsync(11).Soon());
    }

    [Fact]
    public async Task A_cursor_moves_with_the_batch_that_it_is_in()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using Topic topic = Topic.Open(engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        await AppendAsync(topic, 3);
        WriteBatch refused = engine.CreateBatch();
        group.Commit(refused, 2);
        topic.Append(refused, SmallEngine.Bytes("never"));
        refused.RequireVersion(engine.GetKeyspace("x"), SmallEngine.Bytes("k"), 5);
        Assert.False((await engine.TryCommitAsync(refused).Soon()).Applied);
        Assert.Equal(1, group.Cursor);
        WriteBatch batch = engine.CreateBatch();
        group.Commit(batch, 2);
        topic.Append(batch, SmallEngine.Bytes("made of it"));
        await engine.CommitAsync(batch).Soon();
        Assert.Equal(3, group.Cursor);
        await group.ResetAsync(3).Soon();
        TopicRead read = await group.ReadAsync(10).Soon();
        Assert.Equal(["3", "made of it"], read.Records.Select(r => QueueFixture.Text(r.Body)));
        Assert.Equal(0, read.Missed);
    }

    /// <summary>
    /// A batch that was made before a later commit and committed after it took the cursor back: what
    /// the group had said to be done with came again.
    /// </summary>
    [Fact]
    public async Task A_batch_that_is_behind_by_now_does_not_take_the_cursor_back()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using Topic topic = Topic.Open(engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        await AppendAsync(topic, 5);
        WriteBatch batch = engine.CreateBatch();
        group.Commit(batch, 2);
        await group.CommitAsync(4).Soon();
        await engine.CommitAsync(batch).Soon();
        Assert.Equal(5, group.Cursor);
        await topic.DisposeAsync();
        await using Topic again = Topic.Open(engine, "t");
        Assert.Equal(5, (await again.GetGroupAsync("g").Soon()).Cursor);
    }

    /// <summary>
    /// A consumer that went on with a group that had been deleted brought its cursor back, and with
    /// the next open a group that nobody reads, for which the topic kept everything.
    /// </summary>
    [Fact]
    public async Task A_deleted_group_does_not_come_back()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using Topic topic = Topic.Open(engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        await AppendAsync(topic, 5);
        WriteBatch batch = engine.CreateBatch();
        group.Commit(batch, 2);
        Assert.True(await topic.DeleteGroupAsync("g").Soon());
        Assert.False(await topic.DeleteGroupAsync("g").Soon());
        await Assert.ThrowsAsync<InvalidOperationException>(() => group.CommitAsync(4).Soon());
        await Assert.ThrowsAsync<InvalidOperationException>(() => group.ResetAsync(1).Soon());
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.CommitAsync(batch).Soon());
        Assert.Equal(0, engine.GetStoreKeyspace("topic/t/cursors").Count);
        Assert.NotSame(group, await topic.GetGroupAsync("g").Soon());
    }

    /// <summary>
    /// Where a topic ends was read off its newest record. Once all had expired, the next open gave
    /// their offsets again, and a group that was behind took the new records for the old ones.
    /// </summary>
    [Fact]
    public async Task Offsets_are_not_given_twice_after_all_records_have_expired()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        TopicOptions options = new() { MaxAge = TimeSpan.FromMinutes(1) };
        for (int open = 0; open < 3; open++)
        {
            await using EmbeddedEngine engine = await SmallEngine.OpenAsync(
                scratch.Path, defaults => defaults with { TimeProvider = time });
            await using Topic topic = Topic.Open(engine, "t", options);
            ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
            Assert.Equal((open * 100) + 1, topic.NextOffset);
            await AppendAsync(topic, 100);
            TopicRead read = await group.ReadAsync(1).Soon();
            Assert.Equal((open * 100) + 1, Assert.Single(read.Records).Offset);
            Assert.Equal(open * 100, read.Missed);
            time.Advance(TimeSpan.FromMinutes(2));
            await engine.CompactAsync().Soon();
            Assert.InRange(engine.GetStoreKeyspace("topic/t/ends").Count, 1, 130);
        }
    }

    [Fact]
    public async Task A_reader_that_waits_is_woken_and_racing_appends_leave_no_gap_behind_it()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options);
        await using Topic topic = Topic.Open(engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        Task<List<long>> reading = Task.Run(async () =>
        {
            List<long> seen = [];
            while (seen.Count < 3200)
            {
                TopicRead read = await group.ReadAsync(50, Timeout.InfiniteTimeSpan);
                seen.AddRange(read.Records.Select(r => r.Offset));
            }

            return seen;
        });
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(
            () => AppendAsync(topic, 100)))).Soon();
        Assert.Equal(Enumerable.Range(1, 3200).Select(i => (long)i), await reading.Soon());
    }

    private static async Task AppendAsync(Topic topic, int count)
    {
        for (int i = 1; i <= count; i++)
        {
            await topic.AppendAsync(SmallEngine.Bytes($"{i}"), durability: Durability.ProcessCrash);
        }
    }
}
