using LogEngine.Backups;
using LogEngine.Inspection;
using LogEngine.Storage;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Recovery;

/// <summary>
/// Case G5: a copy of a store goes on by itself, then a file of it is put into the original, under its
/// own name: all numbers fit. A snapshot of the copy was loaded, with keys that the original never
/// had; verifying called it sound.
/// </summary>
public sealed class ForkTests
{
    /// <summary>What the stores have in common.</summary>
    private const int Common = 60;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_file_of_a_copy_counts_in_the_original(bool killed)
    {
        (MemoryStore original, MemoryStore copy) = await ForkAsync(killed);
        List<string> common = [.. original.Names.Intersect(copy.Names)];
        int differ = 0;
        foreach (string name in common.Union(copy.Names))
        {
            byte[] theirs = copy.Read(name);
            if (theirs.Length == 0
                || (original.Names.Contains(name) && original.Read(name).SequenceEqual(theirs)))
            {
                continue;
            }

            differ++;
            MemoryStore mixed = original.Copy();
            mixed.Write(name, theirs);
            await AssertOriginalOrRefusedAsync(mixed, name);
        }

        Assert.True(differ >= 6, $"only {differ} files differ");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task No_two_files_of_a_copy_count_in_the_original(bool killed)
    {
        (MemoryStore original, MemoryStore copy) = await ForkAsync(killed);
        string[] names = [.. copy.Names.Where(n => copy.Read(n).Length > 0)];
        foreach (string first in names)
        {
            foreach (string second in names.Where(n => string.CompareOrdinal(first, n) < 0))
            {
                if (first == "manifest-a" && second == "manifest-b")
                {
                    // With them it is the copy that lacks files.
                    continue;
                }

                MemoryStore mixed = original.Copy();
                mixed.Write(first, copy.Read(first));
                mixed.Write(second, copy.Read(second));
                await AssertOriginalOrRefusedAsync(mixed, $"{first} and {second}");
            }
        }
    }

    [Fact]
    public async Task A_snapshot_of_a_copy_is_reported_and_passed_over()
    {
        (MemoryStore original, MemoryStore copy) = await ForkAsync(killed: false);
        string name = original.Snapshots.Intersect(copy.Snapshots).Last();
        original.Write(name, copy.Read(name));
        VerifyReport report = Verifier.Run(original.Files, MemoryStore.Directory, null, default);
        Assert.Contains(report.Findings, f =>
            f.Path == MemoryStore.PathOf(name)
            && f.Reason.Contains("a copy of this store", StringComparison.Ordinal));
        await using EmbeddedEngine engine = await original.OpenEngineAsync();
        Assert.StartsWith(
            $"snapshot {name}: ",
            Assert.Single(engine.Recovery.SkippedSnapshots),
            StringComparison.Ordinal);
        AssertKeys(engine, "original");
    }

    [Fact]
    public async Task Manifests_of_two_copies_are_refused_together()
    {
        (MemoryStore original, MemoryStore copy) = await ForkAsync(killed: false);
        original.Write("manifest-b", copy.Read("manifest-b"));
        CorruptionException refused = await Assert.ThrowsAsync<CorruptionException>(
            async () => await original.OpenEngineAsync());
        Assert.Contains("do not follow one another", refused.Message, StringComparison.Ordinal);
        VerifyReport report = Verifier.Run(original.Files, MemoryStore.Directory, null, default);
        Assert.Contains(report.Findings, f =>
            f.Reason.Contains("do not follow one another", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_the_original_writes_later_is_no_part_of_what_was_restored()
    {
        const string Backup = "/backup";
        MemoryStore original = new();
        await using (EmbeddedEngine engine = await original.OpenEngineAsync())
        {
            await PutAsync(engine, "common", 0, Common);
            await engine.BackupAsync(Backup);
            await PutAsync(engine, "original", 0, Common);
        }

        const string Restored = "/restored";
        await Restorer.RunAsync(
            original.Environment, StoreKind.Engine, Backup, Restored, null, default);
        MemoryStore restored = new();
        restored.Files.CreateDirectory(MemoryStore.Directory);
        foreach (string name in original.Files.ListFiles(Restored))
        {
            using IStorageFile file = original.Files.Open(
                Path.Combine(Restored, name), OpenFlags.Read);
            byte[] bytes = new byte[file.GetLength()];
            file.Read(bytes, 0);
            restored.Write(name, bytes);
        }

        foreach (string name in original.Segments.Except(restored.Segments))
        {
            MemoryStore mixed = restored.Copy();
            mixed.Write(name, original.Read(name));
            try
            {
                await using EmbeddedEngine engine = await mixed.OpenEngineAsync();
                Assert.False(await HasAsync(engine, "original", 0), name);
            }
            catch (CorruptionException)
            {
                // Refused.
            }
        }
    }

    /// <summary>
    /// A store and a copy of it, each with keys and snapshots of its own since, some of whose files have
    /// the same names.
    /// </summary>
    /// <remarks>
    /// The number of a file is drawn when it is made, and who makes the next spare and who the next
    /// snapshot are two threads: now and then the copies share the name of no snapshot.
    /// </remarks>
    private static async Task<(MemoryStore Original, MemoryStore Copy)> ForkAsync(bool killed)
    {
        for (int attempt = 0; attempt < 100; attempt++)
        {
            MemoryStore first = new();
            await using (EmbeddedEngine engine = await first.OpenEngineAsync())
            {
                await PutAsync(engine, "common", 0, Common);
                await engine.SnapshotAsync();
            }

            MemoryStore original = await GoOnAsync(first.Copy(), "original", killed);
            MemoryStore copy = await GoOnAsync(first.Copy(), "copy", killed);
            if (original.Snapshots.Intersect(copy.Snapshots).Any()
                && original.Segments.Intersect(copy.Segments).Any())
            {
                return (original, copy);
            }
        }

        throw new InvalidOperationException("the copies never have a file name in common");
    }

    private static async Task<MemoryStore> GoOnAsync(MemoryStore store, string own, bool killed)
    {
        await using EmbeddedEngine engine = await store.OpenEngineAsync();
        for (int round = 0; round < 2; round++)
        {
            await PutAsync(engine, own, round * 50, 50);
            await engine.GetKeyspace("k").DeleteAsync(
                SmallEngine.Bytes($"common-{(own == "copy" ? 10 : 0) + round}"));
            await engine.SnapshotAsync();
        }

        await PutAsync(engine, own, 100, 50);
        MemoryStore left = store.Copy();
        if (killed)
        {
            return left;
        }

        await engine.CloseAsync();
        return store;
    }

    private static async Task AssertOriginalOrRefusedAsync(MemoryStore mixed, string what)
    {
        foreach (bool readOnly in (bool[])[true, false])
        {
            try
            {
                await using EmbeddedEngine engine =
                    await mixed.OpenEngineAsync(o => o with { ReadOnly = readOnly });
                AssertKeys(engine, "original");
            }
            catch (CorruptionException)
            {
                // Refused.
            }
            catch (Xunit.Sdk.XunitException difference)
            {
                Assert.Fail($"{what}: {difference.Message}");
            }
        }
    }

    /// <summary>Exactly what one of the two has.</summary>
    private static void AssertKeys(EmbeddedEngine engine, string own)
    {
        int deleted = own == "copy" ? 10 : 0;
        IEnumerable<string> expected = Enumerable.Range(0, Common)
            .Where(i => i != deleted && i != deleted + 1)
            .Select(i => $"common-{i}")
            .Concat(Enumerable.Range(0, 150).Select(i => $"{own}-{i}"))
            .Order(StringComparer.Ordinal);
        Assert.Equal(expected, engine.GetKeyspace("k").Contents().Select(c => c.Key));
    }

    private static async Task<bool> HasAsync(EmbeddedEngine engine, string own, int number) =>
        await engine.GetKeyspace("k").TextAsync($"{own}-{number}") is not null;

    private static async Task PutAsync(EmbeddedEngine engine, string own, int from, int count)
    {
        for (int i = from; i < from + count; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync($"{own}-{i}", new string('x', 700));
        }
    }
}
