using System.Text;

namespace LogEngine.Unit.Engine;

/// <summary>What an engine says of its segments and commits, from memory.</summary>
public sealed class UsageTests
{
    [Fact]
    public async Task Of_each_segment_it_says_what_is_live_and_what_is_dead()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(new StorageEngineOptions
        {
            SegmentSizeBytes = DirectoryOptions.MinSegmentSizeBytes,
        });
        Assert.Empty(engine.GetSegments());
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        using (engine.OpenReadView())
        {
            // The view keeps what is replaced below, so that no segment is freed.
            for (int i = 0; i < 600; i++)
            {
                await keyspace.PutAsync(Encoding.UTF8.GetBytes($"{i % 100}"), new byte[400]);
            }

            IReadOnlyList<SegmentUse> segments = engine.GetSegments();
            Assert.True(segments.Count > 2, $"{segments.Count} segments");
            Assert.Equal(segments.OrderBy(segment => segment.FirstSequence), segments);
            Assert.Same(segments[^1], Assert.Single(segments, segment => segment.IsActive));
            Assert.All(segments.SkipLast(1), segment => Assert.Equal(0, segment.FreeBytes));
            Assert.InRange(segments[^1].FreeBytes, 0, DirectoryOptions.MinSegmentSizeBytes);
            Assert.Equal(engine.Statistics.LiveBytes, segments.Sum(segment => segment.LiveBytes));
            Assert.Equal(engine.Statistics.SegmentBytes, segments.Sum(segment => segment.WrittenBytes));
            Assert.Equal(
                segments.Sum(segment => segment.WrittenBytes),
                segments.Sum(segment => segment.LiveBytes + segment.DeadBytes));

            // All of the first has been replaced; the last write is live, wherever it is.
            Assert.Equal(0, segments[0].LiveRecords);
            Assert.Equal(0, segments[0].LiveBytes);
            Assert.Equal(engine.VisibleSequence, segments[^1].LastSequence);
            Assert.InRange(segments.Sum(segment => segment.LiveRecords), 100, 102);
        }
    }

    [Fact]
    public async Task Commits_are_counted_with_their_writes_and_the_time_of_their_syncs()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        CommitStatistics before = engine.Commits!;
        WriteBatch batch = engine.CreateBatch();
        for (int i = 0; i < 5; i++)
        {
            batch.Put(engine.GetKeyspace("k"), Encoding.UTF8.GetBytes($"{i}"), default);
        }

        await engine.CommitAsync(batch, Durability.PowerLoss);
        CommitStatistics after = engine.Commits!;

        // And the record that makes the keyspace.
        Assert.Equal(6, after.Writes - before.Writes);
        Assert.True(after.Groups > before.Groups);
        Assert.True(after.Syncs > before.Syncs);
        Assert.True(after.SyncTime >= before.SyncTime);
        Assert.Equal(engine.Statistics.Log.SyncTime, after.SyncTime);
    }

    [Fact]
    public async Task Read_only_it_counts_no_commits()
    {
        using ScratchDirectory scratch = new();
        await (await StorageEngine.OpenAsync(scratch.Path)).DisposeAsync();
        EmbeddedEngine engine = await StorageEngine.OpenAsync(
            scratch.Path, new StorageEngineOptions { ReadOnly = true });
        Assert.Null(engine.Commits);
        Assert.Empty(engine.GetSegments());
        await engine.DisposeAsync();
        Assert.Throws<ObjectDisposedException>(() => engine.Commits);
        Assert.Throws<ObjectDisposedException>(engine.GetSegments);
    }
}
