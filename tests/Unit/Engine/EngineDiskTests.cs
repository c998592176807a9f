using LogEngine.Log;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Disks that are full, files that are damaged or gone: typed errors, and nothing is lost.
/// </summary>
public sealed class EngineDiskTests
{
    private const int Keys = 300;

    [Theory]
    [InlineData("create")]
    [InlineData("write")]
    [InlineData("sync")]
    [InlineData("rename")]
    public async Task A_full_disk_in_a_snapshot_is_typed_and_the_older_ones_stay(string operation)
    {
        using ScratchDirectory scratch = new();
        HookedFileSystem files = new();
        await using EmbeddedEngine engine = await OpenAsync(files, scratch.Path);
        await FillAsync(engine);
        long before = await engine.SnapshotAsync().Soon();
        await engine.GetKeyspace("k").PutTextAsync("more", "more");
        files.Before = (name, path) =>
        {
            if (name == operation && IsOfSnapshot(path))
            {
                throw new StorageFullException("write", path);
            }
        };
        await Assert.ThrowsAsync<StorageFullException>(async () => await engine.SnapshotAsync());
        Assert.Equal(before, engine.Statistics.SnapshotSequence);
        await CheckAsync(engine);
        Assert.False(engine.Faulted.IsCompleted);

        files.Before = null;
        Assert.True(await engine.SnapshotAsync().Soon() > before);
        await engine.CloseAsync().Soon();
        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        Assert.Empty(again.Recovery.SkippedSnapshots);
        await CheckAsync(again);
    }

    [Fact]
    public async Task A_full_disk_in_a_compaction_is_typed_and_it_succeeds_once_there_is_space()
    {
        using ScratchDirectory scratch = new();
        HookedFileSystem files = new();
        await using EmbeddedEngine engine = await OpenAsync(files, scratch.Path);
        await FillAsync(engine);
        await FillAsync(engine);
        files.Before = (name, path) =>
        {
            if (name is "create" or "write" && IsOfSnapshot(path))
            {
                throw new StorageFullException("write", path);
            }
        };
        await Assert.ThrowsAsync<StorageFullException>(async () => await engine.CompactAsync());
        await CheckAsync(engine);
        Assert.False(engine.Faulted.IsCompleted);
        Assert.Equal(0, engine.Statistics.SegmentsFreed);

        files.Before = null;
        Assert.True(await engine.CompactAsync().Soon() > 0);
        await CheckAsync(engine);
        await engine.CloseAsync().Soon();
        await using EmbeddedEngine again = await SmallEngine.OpenAsync(scratch.Path);
        await CheckAsync(again);
    }

    /// <summary>
    /// All garbage was moved before any of it was freed: what was kept back for that was used up on
    /// the way, and from then on nothing could be moved, or freed, or written.
    /// </summary>
    [SkippableFact]
    public async Task A_disk_that_is_really_full_refuses_writes_reads_on_and_goes_on_with_space()
    {
        using MountedTmpfs mount = new("size=2m");
        string path = mount["store"];
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(path, o => o with
        {
            SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
            CompactionThreshold = StorageEngineOptions.DefaultCompactionThreshold,
        }))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            int taken = 0;
            bool full = false;
            while (!full)
            {
                try
                {
                    await keyspace.PutAsync(
                        BusyEngine.Number(taken), Payloads.Of(900, taken), Durability.ProcessCrash)
                        .Soon();
                    taken++;
                }
                catch (StorageFullException)
                {
                    // More than fit one to a block: where that is refused compaction makes room.
                    full = taken > 500;
                    await Task.Delay(1);
                }

                Assert.InRange(taken, 0, 3000);
            }

            Assert.False(engine.Faulted.IsCompleted);
            Assert.Equal(taken, keyspace.Count);

            // Deletes are what frees space: they are taken, and then there is some.
            await keyspace.DeleteRangeAsync(
                default, BusyEngine.Number(taken / 2), Durability.ProcessCrash).Soon();
            await Eventually.IsTrueAsync(
                () => TryPut(keyspace),
                "a write is taken again, in small steps of compaction");
            for (int i = taken / 2; i < taken; i++)
            {
                using StoredValue? value = await keyspace.GetAsync(BusyEngine.Number(i)).Soon();
                Assert.Equal(Payloads.Of(900, i), value!.Memory.ToArray());
            }
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(path);
        Assert.True(again.GetKeyspace("k").Count > 250);
    }

    [Fact]
    public async Task A_damaged_snapshot_is_passed_over_with_a_word_and_without_any_it_is_refused()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            await FillAsync(engine);
            await FillAsync(engine);
            Assert.True(await engine.CompactAsync().Soon() > 0);
            await engine.GetKeyspace("k").PutTextAsync("more", "more");
            await engine.SnapshotAsync().Soon();
        }

        string[] snapshots =
            [.. Directory.GetFiles(scratch.Path, "*.snap").Order(StringComparer.Ordinal)];
        Assert.Equal(2, snapshots.Length);
        Flip(snapshots[1]);
        string copy = scratch.CopyTo("copy");
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            string skipped = Assert.Single(engine.Recovery.SkippedSnapshots);
            Assert.Contains(Path.GetFileName(snapshots[1]), skipped, StringComparison.Ordinal);
            await CheckAsync(engine);
            Assert.Equal("more", await engine.GetKeyspace("k").TextAsync("more"));
        }

        Flip(Path.Combine(copy, Path.GetFileName(snapshots[0])));
        Dictionary<string, long> before = Lengths(copy);
        CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
            async () => await SmallEngine.OpenAsync(copy));
        Assert.Contains(
            Path.GetFileName(snapshots[0]), error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Lengths(copy));
    }

    [Fact]
    public async Task A_missing_segment_is_refused_by_its_name_and_nothing_is_changed()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path))
        {
            await FillAsync(engine);
            await FillAsync(engine);
            await engine.CompactAsync().Soon();
        }

        string lost = "";
        int refused = 0;
        foreach (string segment in scratch.SegmentFiles())
        {
            lost = scratch.Sibling("lost");
            File.Move(segment, lost);
            Dictionary<string, long> before = Lengths(scratch.Path);
            Exception? error = await Record.ExceptionAsync(async () =>
            {
                await using EmbeddedEngine opened = await SmallEngine.OpenAsync(scratch.Path);
                await CheckAsync(opened);
            });
            if (error is CorruptionException)
            {
                refused++;
                Assert.Contains(
                    Path.GetFileName(segment), error.Message, StringComparison.Ordinal);
                Assert.Equal(before, Lengths(scratch.Path));
            }
            else
            {
                // A spare, of which nothing is missed.
                Assert.Null(error);
            }

            if (error is null)
            {
                break;
            }

            File.Move(lost, segment);
        }

        Assert.True(refused > 0, "no segment is missed");
    }

    private static bool IsOfSnapshot(string path) =>
        path.Contains(".snap", StringComparison.Ordinal);

    private static ValueTask<EmbeddedEngine> OpenAsync(HookedFileSystem files, string path) =>
        EmbeddedEngine.OpenAsync(
            LogEnvironment.Real with { Files = files }, path, SmallEngine.Options, default);

    private static async Task FillAsync(EmbeddedEngine engine)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await Task.WhenAll(Enumerable.Range(0, Keys).Select(
            i => keyspace.PutTextAsync($"key{i}", Value(i)))).Soon();
    }

    private static string Value(int number) => $"{number} " + new string('v', 500);

    private static async Task CheckAsync(EmbeddedEngine engine)
    {
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < Keys; i++)
        {
            Assert.Equal(Value(i), await keyspace.TextAsync($"key{i}"));
        }
    }

    private static bool TryPut(EmbeddedKeyspace keyspace)
    {
        try
        {
            keyspace.PutAsync(new byte[] { 9 }, new byte[] { 9 }, Durability.ProcessCrash)
                .AsTask().Wait();
            return true;
        }
        catch (AggregateException error) when (error.InnerException is StorageFullException)
        {
            return false;
        }
    }

    private static void Flip(string path)
    {
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^20] ^= 4;
        File.WriteAllBytes(path, bytes);
    }

    private static Dictionary<string, long> Lengths(string path) => Directory.GetFiles(path)
        .ToDictionary(f => Path.GetFileName(f), f => new FileInfo(f).Length);
}
