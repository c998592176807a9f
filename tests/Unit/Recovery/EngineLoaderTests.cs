using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>From which snapshot and which records the index of an engine comes.</summary>
public sealed class EngineLoaderTests
{
    private readonly MemoryStore _store = new();

    [Fact]
    public async Task Without_a_snapshot_the_whole_log_is_replayed()
    {
        await using (EmbeddedEngine created = await _store.OpenEngineAsync())
        {
            Assert.Equal(
                (0, 0), (created.Recovery.SnapshotSequence, created.Recovery.ReplayedRecords));
            await PutAsync(created, "a", "b");
        }

        await using EmbeddedEngine engine = await _store.OpenEngineAsync();
        RecoveryReport report = engine.Recovery;
        Assert.Equal(0, report.SnapshotSequence);
        Assert.Equal(report.LastSequence, report.ReplayedRecords);
        Assert.Empty(report.SkippedSnapshots);
        Assert.Equal(
            ["probe", "manifest", "chain", "tail", "snapshot", "replay", "manifest of this open"],
            report.Steps.Select(s => s.Name).Take(7));
        Assert.Equal(["a", "b"], Keys(engine));
    }

    [Fact]
    public async Task The_newest_snapshot_and_what_follows_it_are_loaded()
    {
        (MemoryStore killed, long first, long second) = await TwoSnapshotsAsync();
        Assert.True(first < second);
        await using EmbeddedEngine engine = await killed.OpenEngineAsync();
        Assert.Equal(second, engine.Recovery.SnapshotSequence);
        Assert.Equal(2, engine.Recovery.ReplayedRecords);
        Assert.Equal(second + 2, engine.Recovery.LastSequence);
        Assert.Empty(engine.Recovery.SkippedSnapshots);
        AssertWhole(engine);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_newest_snapshot_that_is_damaged_or_gone_is_passed_over(bool gone)
    {
        (MemoryStore killed, long first, long second) = await TwoSnapshotsAsync();
        string newest = killed.Snapshots[^1];
        Spoil(killed, newest, gone);
        await using EmbeddedEngine engine = await killed.OpenEngineAsync();
        RecoveryReport report = engine.Recovery;
        Assert.Equal((first, second + 2 - first), (report.SnapshotSequence, report.ReplayedRecords));
        string skipped = Assert.Single(report.SkippedSnapshots);
        Assert.StartsWith($"snapshot {newest}: ", skipped, StringComparison.Ordinal);
        Assert.Contains(skipped, report.Warnings);
        AssertWhole(engine);
    }

    [Fact]
    public async Task An_older_snapshot_that_is_damaged_is_a_warning()
    {
        (MemoryStore killed, _, long second) = await TwoSnapshotsAsync();
        byte[] bytes = killed.Read(killed.Snapshots[0]);
        killed.Write(killed.Snapshots[0], bytes[..^1]);
        await using EmbeddedEngine engine = await killed.OpenEngineAsync();
        Assert.Equal(second, engine.Recovery.SnapshotSequence);
        Assert.StartsWith(
            $"snapshot {killed.Snapshots[0]}: ",
            Assert.Single(engine.Recovery.SkippedSnapshots),
            StringComparison.Ordinal);
        AssertWhole(engine);
    }

    [Fact]
    public async Task Without_any_whole_snapshot_the_log_is_enough_while_nothing_was_freed()
    {
        (MemoryStore killed, _, long second) = await TwoSnapshotsAsync();
        string[] names = [.. killed.Snapshots];
        Spoil(killed, names[0], gone: false);
        Spoil(killed, names[1], gone: true);
        await using EmbeddedEngine engine = await killed.OpenEngineAsync();
        RecoveryReport report = engine.Recovery;
        Assert.Equal((0, second + 2), (report.SnapshotSequence, report.ReplayedRecords));
        Assert.Equal(
            [$"snapshot {names[1]}", $"snapshot {names[0]}"],
            report.SkippedSnapshots.Select(s => s[..s.IndexOf(':', StringComparison.Ordinal)]));
        AssertWhole(engine);
    }

    [Fact]
    public async Task Without_any_whole_snapshot_it_is_refused_once_anything_was_freed()
    {
        MemoryStore killed;
        await using (EmbeddedEngine engine = await _store.OpenEngineAsync())
        {
            for (int i = 0; i < 200; i++)
            {
                await engine.GetKeyspace("k").PutTextAsync($"{i % 5}", new string('x', 900));
            }

            Assert.True(await engine.CompactAsync() > 0, "nothing was freed");
            killed = _store.Copy();
        }

        await using (EmbeddedEngine engine = await killed.Copy().OpenEngineAsync())
        {
            Assert.Equal(5, Keys(engine).Count);
        }

        killed.Snapshots.ToList().ForEach(name => Spoil(killed, name, gone: false));
        CorruptionException refused = await Assert.ThrowsAsync<CorruptionException>(
            async () => await killed.OpenEngineAsync());
        Assert.Equal((MemoryStore.Directory, -1), (refused.Path, refused.Offset));
        Assert.Contains("no snapshot of the index is whole", refused.Message, StringComparison.Ordinal);
        Assert.True(killed.Snapshots.Count > 1);
        Assert.Matches(
            string.Join(".*; .*", killed.Snapshots.Reverse()), refused.Message);
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await killed.OpenEngineAsync(o => o with { ReadOnly = true }));
    }

    [Fact]
    public async Task A_snapshot_of_more_than_the_log_has_is_refused()
    {
        Parts parts = await PartsAsync(snapshotLast: true);
        CorruptionException refused = Assert.Throws<CorruptionException>(() => Load(
            parts, parts.Live with { LastSequence = parts.Live.LastSequence - 1, Segments = [] }));
        Assert.Equal((MemoryStore.Directory, -1), (refused.Path, refused.Offset));
        Assert.Contains(
            $"stands for sequence {parts.Live.LastSequence}, the log ends at "
            + $"{parts.Live.LastSequence - 1}",
            refused.Message,
            StringComparison.Ordinal);
        using LoadedEngine exact = Load(parts, parts.Live);
        Assert.Equal(parts.Live.LastSequence, exact.State.Published);
    }

    [Fact]
    public async Task A_gap_between_snapshot_and_log_is_refused_by_the_segment_behind_it()
    {
        Parts parts = await PartsAsync(snapshotLast: false);
        Assert.True(parts.Live.Segments.Count > 2);
        Segment second = parts.Live.Segments[^1];
        CorruptionException refused = Assert.Throws<CorruptionException>(() => Load(
            parts, parts.Live with { Segments = [second] }));
        Assert.Equal((second.Path, -1), (refused.Path, refused.Offset));
        Assert.Contains(
            $"begins with sequence {second.FirstSequence}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("must follow the snapshot", refused.Message, StringComparison.Ordinal);

        CorruptionException shorter = Assert.Throws<CorruptionException>(() => Load(
            parts, parts.Live with { Segments = [.. parts.Live.Segments.SkipLast(1)] }));
        Assert.Equal((MemoryStore.Directory, -1), (shorter.Path, shorter.Offset));
        Assert.Contains(
            $"the log ends at {parts.Live.LastSequence}, {second.FirstSequence - 1} was reached",
            shorter.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retained_snapshots_are_those_that_can_be_used()
    {
        (MemoryStore killed, long first, long second) = await TwoSnapshotsAsync();
        using (LoadedEngine loader = Load(Look(killed)))
        {
            Assert.Equal([first, second], loader.Retained.Select(r => r.Sequence));
            Assert.All(loader.Retained, r => Assert.True(r.Bytes > 0));
            Assert.Equal(
                killed.Snapshots,
                loader.Retained.Select(r => FileNames.IndexSnapshot(r.FileNumber)));
        }

        Spoil(killed, killed.Snapshots[1], gone: false);
        using LoadedEngine damaged = Load(Look(killed));
        Assert.Equal([first], damaged.Retained.Select(r => r.Sequence));
    }

    [Fact]
    public async Task Snapshots_that_nobody_lists_are_removed_where_they_are_its_own()
    {
        (MemoryStore killed, _, _) = await TwoSnapshotsAsync();
        MemoryStore other = new();
        await using (EmbeddedEngine engine = await other.OpenEngineAsync())
        {
            await PutAsync(engine, "z");
            await engine.SnapshotAsync();
        }

        string own = FileNames.IndexSnapshot(0x701);
        string foreign = FileNames.IndexSnapshot(0x702);
        string garbage = FileNames.IndexSnapshot(0x703);
        string cut = FileNames.IndexSnapshot(0x704);
        killed.Write(own, killed.Read(killed.Snapshots[0]));
        killed.Write(foreign, other.Read(other.Snapshots[0]));
        killed.Write(garbage, [1, 2, 3]);
        killed.Write(cut, killed.Read(killed.Snapshots[0])[..^1]);
        await using EmbeddedEngine opened = await killed.OpenEngineAsync();
        await Eventually.IsTrueAsync(() => !killed.Names.Contains(own), "it is removed");
        Assert.Equal([foreign, garbage, cut], killed.Snapshots.Skip(2));
        AssertWhole(opened);
    }

    [Fact]
    public async Task Sets_of_chunks_are_counted_on_and_those_without_a_value_found()
    {
        byte[] large = new byte[10_000];
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        EmbeddedEngine engine = await hooked.OpenEngineAsync();
        await engine.GetKeyspace("k").PutAsync(new byte[] { 1 }, large);
        await engine.GetKeyspace("k").PutAsync(new byte[] { 2 }, large);
        using (LoadedEngine whole = Load(Look(_store.Copy())))
        {
            Assert.Equal(2, whole.LastChunkSet);
            Assert.Empty(whole.OrphanedChunkSets);
        }

        // A third one is interrupted when its first chunks have been written.
        int writes = 0;
        MemoryStore? killed = null;
        hooks.Before = (operation, path) =>
        {
            if (operation == "write" && path.EndsWith(".seg", StringComparison.Ordinal)
                && ++writes == 3)
            {
                killed = _store.Copy();
            }
        };
        await engine.GetKeyspace("k").PutAsync(new byte[] { 3 }, large);
        hooks.Before = null;
        await engine.CloseAsync();
        using (LoadedEngine cut = Load(Look(killed!)))
        {
            Assert.Equal(3, cut.LastChunkSet);
            Assert.Equal([3L], cut.OrphanedChunkSets);
        }

        await using EmbeddedEngine again = await killed!.OpenEngineAsync();
        await again.GetKeyspace("k").PutAsync(new byte[] { 4 }, large);
        Assert.Equal(3, again.GetKeyspace("k").Count);
        using LoadedEngine after = Load(Look(killed.Copy()));
        Assert.Equal(4, after.LastChunkSet);
    }

    [Fact]
    public async Task Space_of_values_that_are_dead_by_the_end_of_the_log_is_counted()
    {
        await using (EmbeddedEngine engine = await _store.OpenEngineAsync())
        {
            await PutAsync(engine, "a", "b", "a");
        }

        await using EmbeddedEngine again = await _store.OpenEngineAsync();
        EmbeddedStatistics statistics = again.Statistics;
        Assert.Equal(2, statistics.Keys);
        Assert.InRange(statistics.LiveBytes, 1, statistics.SegmentBytes - 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Counts_are_of_all_keyspaces_and_all_segments(bool readOnly)
    {
        MemoryStore killed;
        await using (EmbeddedEngine made = await _store.OpenEngineAsync())
        {
            for (int i = 0; i < 200; i++)
            {
                await made.GetKeyspace($"k{i % 3}").PutTextAsync($"{i}", new string('x', 900));
            }

            killed = _store.Copy();
        }

        await using EmbeddedEngine engine =
            await killed.OpenEngineAsync(o => o with { ReadOnly = readOnly });
        EmbeddedStatistics statistics = engine.Statistics;
        Assert.Equal(200, statistics.Keys);
        Assert.InRange(statistics.LiveBytes, 200 * 900, statistics.SegmentBytes);
        Assert.InRange(
            statistics.SegmentBytes,
            200 * 900,
            killed.Segments.Sum(name => (long)killed.Read(name).Length));
    }

    [Fact]
    public async Task What_only_an_older_snapshot_points_at_is_kept_for_it_after_a_reopening()
    {
        Func<StorageEngineOptions, StorageEngineOptions> keepFour =
            o => o with { RetainedSnapshots = 4 };
        MemoryStore killed;
        await using (EmbeddedEngine engine = await _store.OpenEngineAsync(keepFour))
        {
            for (int round = 0; round < 2; round++)
            {
                for (int i = 0; i < 150; i++)
                {
                    await engine.GetKeyspace("k").PutTextAsync($"{i}", new string('x', 900));
                }

                await engine.SnapshotAsync();
            }

            killed = _store.Copy();
        }

        await using (EmbeddedEngine engine = await killed.OpenEngineAsync(keepFour))
        {
            await PutAsync(engine, "1");
            await engine.SnapshotAsync();
        }

        Assert.Equal(3, killed.Snapshots.Count);
        foreach (string name in killed.Snapshots.Skip(1))
        {
            killed.Remove(name);
        }

        await using EmbeddedEngine older = await killed.OpenEngineAsync(keepFour);
        Assert.Equal(2, older.Recovery.SkippedSnapshots.Count);
        Assert.True(older.Recovery.SnapshotSequence > 0);
        Assert.Equal(150, Keys(older).Count);
    }

    [Fact]
    public async Task A_segment_that_ends_with_the_first_record_behind_a_snapshot_is_replayed()
    {
        await using (EmbeddedEngine engine = await _store.OpenEngineAsync())
        {
            await PutAsync(engine, "a");
            await engine.SnapshotAsync();
            await PutAsync(engine, "b");
        }

        await using (EmbeddedEngine engine = await _store.OpenEngineAsync())
        {
            Assert.Equal(1, engine.Recovery.ReplayedRecords);
            await PutAsync(engine, "c");
        }

        await using EmbeddedEngine again = await _store.OpenEngineAsync();
        Assert.Equal(2, again.Recovery.ReplayedRecords);
        Assert.Equal(["a", "b", "c"], Keys(again));
        await again.CloseAsync();

        // The last segment holds a single record: to a reader too.
        await using EmbeddedEngine shown =
            await _store.OpenEngineAsync(o => o with { ReadOnly = true });
        Assert.Equal(["a", "b", "c"], Keys(shown));
    }

    private static void Spoil(MemoryStore store, string name, bool gone)
    {
        if (gone)
        {
            store.Remove(name);
        }
        else
        {
            store.Flip(name, -9);
        }
    }

    private static async Task PutAsync(EmbeddedEngine engine, params string[] keys)
    {
        foreach (string key in keys)
        {
            await engine.GetKeyspace("k").PutTextAsync(key, "of " + key, Durability.PowerLoss);
        }
    }

    private static List<string> Keys(EmbeddedEngine engine) =>
        [.. engine.GetKeyspace("k").Contents().Select(c => c.Key)];

    private static void AssertWhole(EmbeddedEngine engine)
    {
        Assert.Equal(
            [("a", "of a"), ("b", "of b"), ("c", "of c"), ("d", "of d")],
            engine.GetKeyspace("k").Contents());
        Assert.Equal(4, engine.GetKeyspace("k").Count);
    }

    /// <summary>a, snapshot, b, snapshot, c and d; then it is killed.</summary>
    private async Task<(MemoryStore Killed, long First, long Second)> TwoSnapshotsAsync()
    {
        await using EmbeddedEngine engine = await _store.OpenEngineAsync();
        await PutAsync(engine, "a");
        long first = await engine.SnapshotAsync();
        await PutAsync(engine, "b");
        long second = await engine.SnapshotAsync();
        await PutAsync(engine, "c", "d");
        return (_store.Copy(), first, second);
    }

    /// <summary>Segments enough for a gap, and a snapshot that points at none of them.</summary>
    private async Task<Parts> PartsAsync(bool snapshotLast)
    {
        await using EmbeddedEngine engine = await _store.OpenEngineAsync();
        await PutAsync(engine, "a");
        await engine.GetKeyspace("k").DeleteAsync(SmallEngine.Bytes("a"));
        await engine.SnapshotAsync();
        for (int i = 0; i < (snapshotLast ? 0 : 60); i++)
        {
            await engine.GetKeyspace("k").PutAsync(new byte[] { (byte)i }, new byte[900]);
            await engine.GetKeyspace("k").PutAsync(new byte[] { (byte)i }, new byte[900]);
        }

        return Look(_store.Copy());
    }

    private static Parts Look(MemoryStore store)
    {
        ReadOnlyLook look = new(MemoryStore.Directory, StoreKind.Engine);
        return new Parts(store, look.Take(store.Files, writer: false));
    }

    private static LoadedEngine Load(Parts parts, LiveSet? live = null)
    {
        EngineLoader loader = new(parts.Store.Environment, SmallEngine.Options);
        loader.Load(
            parts.Found with { Live = live ?? parts.Live }, new StepClock(TimeProvider.System));
        return loader.Loaded;
    }

    private sealed record Parts(MemoryStore Store, FoundLog Found)
    {
        internal LiveSet Live => Found.Live;
    }
}
