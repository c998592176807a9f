using System.Text;
using LogEngine.Conformance.Backends;
using LogEngine.Stores.Topics;

namespace LogEngine.Conformance;

/// <summary>
/// A topic in two engines on one store, as two processes on one server have it, and in two objects of one
/// engine.
/// </summary>
public sealed class SharedTopicTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly PlainStore _server = new();

    [Fact]
    public async Task Offsets_are_given_once_in_order_and_no_reader_passes_over_one()
    {
        Topic[] topics = [await OpenAsync(), await OpenAsync(), await OpenAsync()];
        ConsumerGroup group = await topics[2].GetGroupAsync("g");
        Task<List<(long, string)>> reading = ReadAsync(group, 90);
        (long Offset, string Body)[] given = await Task.WhenAll(Enumerable.Range(0, 90).Select(
            i => Task.Run(async () =>
            {
                long first = i % 3 == 0
                    ? await topics[i % 2].AppendManyAsync([Bytes($"{i}")])
                    : await topics[i % 2].AppendAsync(Bytes($"{i}"));
                return (first, $"{i}");
            })));
        Assert.Equal(
            Enumerable.Range(1, 90).Select(i => (long)i), given.Select(g => g.Offset).Order());
        Assert.Equal(given.Order(), await reading.WaitAsync(Long));
        Assert.Equal(91, await topics[0].GetNextOffsetAsync());
    }

    [Fact]
    public async Task A_batch_is_refused_where_another_process_appends_before_its_commit()
    {
        PlainEngine engine = Open();
        Topic mine = await engine.OpenTopicAsync("t");
        Topic theirs = await OpenAsync();
        WriteBatch batch = engine.CreateBatch();
        PendingValue<long> refused = mine.Append(batch, Bytes("mine"));
        batch.Observe(new Between(async () => await theirs.AppendAsync(Bytes("theirs"))));
        await Assert.ThrowsAsync<ConflictException>(async () => await engine.CommitAsync(batch));
        Assert.False(refused.IsKnown);

        batch = engine.CreateBatch();
        PendingValue<long>[] offsets =
            [mine.Append(batch, Bytes("a")), mine.Append(batch, Bytes("b"))];
        await engine.CommitAsync(batch);
        Assert.Equal([2L, 3L], offsets.Select(offset => offset.Value));
        Assert.Equal(
            ["theirs", "a", "b"], (await theirs.ReadAsync(1, 10)).Records.Select(Text));
    }

    [Fact]
    public async Task A_failed_append_leaves_no_offset_empty()
    {
        PlainEngine engine = Open();
        Topic topic = await engine.OpenTopicAsync("t");
        await topic.AppendAsync(Bytes("1"));
        WriteBatch batch = engine.CreateBatch();
        topic.Append(batch, Bytes("never"));
        batch.RequireVersion(engine.GetKeyspace("x"), Bytes("k"), 5);
        Assert.False((await engine.TryCommitAsync(batch)).Applied);
        Assert.Equal(2, await topic.GetNextOffsetAsync());
        Assert.Equal(2, await (await OpenAsync()).AppendAsync(Bytes("2")));
    }

    /// <summary>Each asked the clock by itself, while the others of the batch were being copied.</summary>
    [Fact]
    public async Task Records_that_are_appended_together_are_of_one_moment()
    {
        Topic topic = await OpenAsync();
        await topic.AppendManyAsync([.. Enumerable.Range(0, 2000).Select(i => Body(i))]);
        Assert.Single(
            (await topic.ReadAsync(1, 2000)).Records.Select(record => record.AppendedAt).Distinct());
    }

    [Fact]
    public async Task A_reader_that_waits_sees_what_another_process_appends()
    {
        ConsumerGroup group = await (await OpenAsync()).GetGroupAsync("g");
        Topic theirs = await OpenAsync();
        Task<TopicRead> reading = group.ReadAsync(5, Timeout.InfiniteTimeSpan).AsTask();
        await Task.Delay(50);
        Assert.False(reading.IsCompleted);
        await theirs.AppendAsync(Bytes("late"));
        Assert.Equal(["late"], (await reading.WaitAsync(Long)).Records.Select(Text));
        Assert.Empty((await group.ReadAsync(5, TimeSpan.FromMilliseconds(30))).Records);
    }

    [Fact]
    public async Task A_reader_that_waits_is_told_when_its_topic_or_its_engine_is_closed()
    {
        PlainEngine engine = Open();
        Topic first = await engine.OpenTopicAsync("t");
        Topic second = await engine.OpenTopicAsync("t");
        Task<TopicRead>[] waiting =
        [
            .. new[] { first, second }.Select(
                topic => topic.ReadAsync(1, 1, Timeout.InfiniteTimeSpan).AsTask()),
        ];
        await first.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting[0].WaitAsync(Long));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await first.AppendAsync(Bytes("x")));
        Assert.False(waiting[1].IsCompleted);
        await engine.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting[1].WaitAsync(Long));
    }

    [Fact]
    public async Task A_cursor_never_goes_back_whoever_commits()
    {
        Topic[] topics = [await OpenAsync(), await OpenAsync()];
        ConsumerGroup[] groups =
            [await topics[0].GetGroupAsync("g"), await topics[1].GetGroupAsync("g")];
        await topics[0].AppendManyAsync([.. Enumerable.Range(0, 50).Select(i => Body(i))]);
        await Task.WhenAll(Enumerable.Range(1, 50).Select(
            i => Task.Run(async () => await groups[i % 2].CommitAsync(i))));
        await groups[0].CommitAsync(3);
        Assert.Equal(
            [new GroupStatus("g", 51, 0)], await topics[1].ListGroupsAsync());
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await groups[0].CommitAsync(51));
    }

    [Fact]
    public async Task A_batch_that_moves_a_cursor_is_refused_where_another_process_moves_it()
    {
        PlainEngine engine = Open();
        Topic mine = await engine.OpenTopicAsync("t");
        await mine.AppendManyAsync([.. Enumerable.Range(0, 9).Select(i => Body(i))]);
        ConsumerGroup group = await mine.GetGroupAsync("g");
        ConsumerGroup theirs = await (await OpenAsync()).GetGroupAsync("g");
        WriteBatch batch = engine.CreateBatch();
        group.Commit(batch, 2);
        batch.Observe(new Between(async () => await theirs.CommitAsync(5)));
        await Assert.ThrowsAsync<ConflictException>(async () => await engine.CommitAsync(batch));

        // What is behind by now changes nothing.
        batch = engine.CreateBatch();
        group.Commit(batch, 2);
        await engine.CommitAsync(batch);
        Assert.Equal(6, group.Cursor);
        batch = engine.CreateBatch();
        group.Commit(batch, 10);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await engine.CommitAsync(batch));
    }

    [Fact]
    public async Task Members_of_a_group_read_on_behind_what_another_process_has_done()
    {
        Topic[] topics = [await OpenAsync(), await OpenAsync()];
        ConsumerGroup mine = await topics[0].GetGroupAsync("g");
        ConsumerGroup theirs = await topics[1].GetGroupAsync("g");
        await topics[0].AppendManyAsync([.. Enumerable.Range(0, 9).Select(i => Body(i))]);
        Assert.Equal([1L, 2L], await OffsetsAsync(mine, 2));
        Assert.Equal([1L, 2L, 3L, 4L], await OffsetsAsync(theirs, 4));
        await theirs.CommitAsync(4);
        Assert.Equal([5L, 6L], await OffsetsAsync(mine, 2));

        // Back with a reset of another process, which also is how a group begins again.
        await theirs.ResetAsync(2);
        Assert.Equal([2L, 3L], await OffsetsAsync(mine, 2));
        Assert.Equal([2L], await OffsetsAsync(theirs, 1));
    }

    [Fact]
    public async Task A_group_that_another_process_deleted_does_not_come_back()
    {
        Topic[] topics = [await OpenAsync(), await OpenAsync()];
        ConsumerGroup mine = await topics[0].GetGroupAsync("g");
        await topics[1].AppendManyAsync([Body(1), Body(2)]);
        Assert.True(await topics[1].DeleteGroupAsync("g"));
        Assert.False(await topics[0].DeleteGroupAsync("g"));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await mine.CommitAsync(1));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await mine.ReadAsync(1));
        Assert.Empty(await topics[0].ListGroupsAsync());
        ConsumerGroup anew = await topics[0].GetGroupAsync("g");
        Assert.NotSame(mine, anew);
        Assert.Equal([1L, 2L], await OffsetsAsync(anew, 5));
    }

    [Fact]
    public async Task Records_go_when_the_groups_of_all_processes_have_passed_them()
    {
        TopicOptions one = new() { TrimStep = 1 };
        Topic[] topics = [await OpenAsync(one), await OpenAsync(one)];
        ConsumerGroup fast = await topics[0].GetGroupAsync("fast");
        ConsumerGroup slow = await topics[1].GetGroupAsync("slow");
        await topics[0].AppendManyAsync([.. Enumerable.Range(0, 20).Select(i => Body(i))]);
        await fast.CommitAsync(20);
        Assert.Equal(1, await topics[0].GetFirstOffsetAsync());
        await slow.CommitAsync(5);
        Assert.Equal(6, await topics[0].GetFirstOffsetAsync());
        await Task.WhenAll(topics.Select(topic => topic.TrimAsync().AsTask()));
        await slow.CommitAsync(20);
        await Task.WhenAll(topics.Select(topic => topic.TrimAsync().AsTask()));
        Assert.Equal(20, await topics[1].GetFirstOffsetAsync());
    }

    [Fact]
    public async Task A_limit_on_records_holds_for_all_processes_and_says_what_was_missed()
    {
        TopicOptions ten = new() { MaxRecords = 10, TrimStep = 1 };
        Topic[] topics = [await OpenAsync(ten), await OpenAsync(ten)];
        ConsumerGroup group = await topics[0].GetGroupAsync("g");
        for (int i = 0; i < 50; i++)
        {
            await topics[i % 2].AppendAsync(Body(i));
        }

        TopicRead read = await group.ReadAsync(1);
        Assert.Equal((41, 40), (Assert.Single(read.Records).Offset, read.Missed));
    }

    [Fact]
    public async Task A_topic_goes_on_where_an_engine_of_one_process_left_it()
    {
        await using (PlainEngine alone = new(_server, TimeProvider.System))
        {
            await using Topic before = await alone.OpenTopicAsync("t");
            await before.AppendManyAsync([Body(1), Body(2)]);
            await (await before.GetGroupAsync("g")).CommitAsync(1);
        }

        Topic topic = await OpenAsync();
        Assert.Equal(3, await topic.AppendAsync(Body(3)));
        Assert.Equal([2L, 3L], await OffsetsAsync(await topic.GetGroupAsync("g"), 5));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Two_objects_in_one_engine_share_a_topic(bool isShared)
    {
        await using PlainEngine engine = new(_server, TimeProvider.System, isShared: isShared);
        Topic first = await engine.OpenTopicAsync("t");
        await using Topic second = await engine.OpenTopicAsync("t");
        ConsumerGroup[] groups =
            [await first.GetGroupAsync("g"), await second.GetGroupAsync("g")];
        Task<TopicRead> waiting = groups[1].ReadAsync(1, Timeout.InfiniteTimeSpan).AsTask();
        Assert.Equal(1, await first.AppendAsync(Body(1)));
        Assert.Equal(1, Assert.Single((await waiting.WaitAsync(Long)).Records).Offset);
        Assert.Equal(2, await second.AppendAsync(Body(2)));
        Assert.Equal([2L], await OffsetsAsync(groups[0], 5));
        await groups[0].CommitAsync(2);
        Assert.Equal(3, groups[1].Cursor);
        await Assert.ThrowsAsync<InvalidOperationException>(
            async () => await engine.DropTopicAsync("t"));
        await first.DisposeAsync();
        Assert.Equal(3, await second.AppendAsync(Body(3)));
        await second.DisposeAsync();
        Assert.True(await engine.DropTopicAsync("t"));
        Assert.Empty(await engine.ListTopicsAsync());
    }

    private static async Task<List<(long, string)>> ReadAsync(ConsumerGroup group, int count)
    {
        List<(long, string)> seen = [];
        while (seen.Count < count)
        {
            TopicRead read = await group.ReadAsync(7, Timeout.InfiniteTimeSpan);
            seen.AddRange(read.Records.Select(record => (record.Offset, Text(record))));
        }

        return seen;
    }

    private static async Task<IEnumerable<long>> OffsetsAsync(ConsumerGroup group, int most) =>
        (await group.ReadAsync(most)).Records.Select(record => record.Offset);

    private static ReadOnlyMemory<byte> Body(int number) => Bytes($"{number}");

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Text(TopicRecord record) => Encoding.UTF8.GetString(record.Body.Span);

    private PlainEngine Open() => new(_server, TimeProvider.System, isShared: true);

    private ValueTask<Topic> OpenAsync(TopicOptions? options = null) =>
        Open().OpenTopicAsync("t", options);
}
