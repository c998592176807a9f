using LogEngine.Stores.Topics;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Queue;

/// <summary>Offsets whose commits failed.</summary>
public sealed class TopicGapTests
{
    private static readonly TopicOptions _options = new() { MaxRecords = 2, TrimStep = 1 };

    // Case B10: an offset that never had a record was counted as missed once it was trimmed.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_offset_that_stayed_empty_is_never_missed(bool reopens)
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            await using Topic topic = Topic.Open(engine, "t", _options);
            ConsumerGroup group = await topic.GetGroupAsync("slow").Soon();
            await topic.AppendAsync(new byte[1]).Soon();
            await FailWhileAnotherIsAppendedAsync(engine, topic);
            for (int i = 4; i <= 8; i++)
            {
                Assert.Equal(i, await topic.AppendAsync(new byte[1]).Soon());
            }

            if (!reopens)
            {
                // Of offsets 1 to 6 there were five records.
                TopicRead read = await group.ReadAsync(10).Soon();
                Assert.Equal([7, 8], read.Records.Select(r => r.Offset));
                Assert.Equal(5, read.Missed);
                return;
            }
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        await using Topic reopened = Topic.Open(again, "t", _options);
        ConsumerGroup slow = await reopened.GetGroupAsync("slow").Soon();
        Assert.Equal(5, (await slow.ReadAsync(10).Soon()).Missed);
    }

    // Case B10, the kind: a crash before it was written down.
    [Fact]
    public async Task An_offset_that_stayed_empty_before_a_crash_is_found_at_the_next_open()
    {
        using ScratchDirectory scratch = new();
        string killed;
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            await using Topic topic = Topic.Open(engine, "t", _options with { MaxRecords = 100 });
            await topic.GetGroupAsync("slow").Soon();
            await topic.AppendAsync(new byte[1]).Soon();
            await FailWhileAnotherIsAppendedAsync(engine, topic);
            killed = scratch.CopyTo("killed");
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(killed);
        await using Topic reopened = Topic.Open(again, "t", _options);
        ConsumerGroup group = await reopened.GetGroupAsync("slow").Soon();
        for (int i = 4; i <= 8; i++)
        {
            Assert.Equal(i, await reopened.AppendAsync(new byte[1]).Soon());
        }

        Assert.Equal(5, (await group.ReadAsync(10).Soon()).Missed);
    }

    [Fact]
    public async Task The_last_offset_is_given_again_when_its_commit_failed()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using Topic topic = Topic.Open(engine, "t");
        ConsumerGroup group = await topic.GetGroupAsync("g").Soon();
        Task<TopicRead> waiting = group.ReadAsync(1, Timeout.InfiniteTimeSpan).AsTask();
        WriteBatch refused = engine.CreateBatch();
        topic.Append(refused, new byte[1]);
        refused.RequireVersion(engine.GetKeyspace("x"), new byte[1], 99);
        Assert.False((await engine.TryCommitAsync(refused).Soon()).Applied);
        Assert.Equal(1, topic.NextOffset);
        Assert.Equal(1, await topic.AppendAsync(new byte[1]).Soon());
        Assert.Single((await waiting.Soon()).Records);
    }

    /// <summary>Offset 2 is given to a batch that is refused, while 3 is appended.</summary>
    private static async Task FailWhileAnotherIsAppendedAsync(EmbeddedEngine engine, Topic topic)
    {
        WriteBatch refused = engine.CreateBatch();
        topic.Append(refused, new byte[1]);
        refused.Observe(new Meanwhile(() => topic.AppendAsync(new byte[1]).AsTask()));
        refused.RequireVersion(engine.GetKeyspace("x"), new byte[1], 99);
        Assert.False((await engine.TryCommitAsync(refused).Soon()).Applied);
        Assert.Equal(4, topic.NextOffset);
    }

    private sealed class Meanwhile(Func<Task> work) : IBatchObserver
    {
        public async ValueTask CommittingAsync(WriteBatch batch) => await work().Soon();

        public void Completed(CommitResult? outcome)
        {
        }
    }
}
