using System.Runtime.CompilerServices;
using LogEngine.Engine;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Case D1: each keyspace kept the table in which it was found, and every creation, and every commit
/// that changed a count, copied a table of all of them: 10,000 keyspaces took 4.9 GiB.
/// </summary>
public sealed class ManyKeyspacesTests
{
    [Fact]
    public void A_keyspace_costs_the_same_however_many_there_are()
    {
        double few = BytesEach(1_000);
        double many = BytesEach(64_000);
        Assert.InRange(many, 0, 2 * few);
    }

    [Fact]
    public void A_commit_costs_the_same_however_many_keyspaces_there_are()
    {
        PendingKeyspaces keyspaces = Filled(50_000);
        keyspaces.Count(17, 1);
        keyspaces.Freeze();
        long before = GC.GetAllocatedBytesForCurrentThread();
        keyspaces.Count(20_000, 1);
        keyspaces.Freeze();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000);
    }

    [Fact]
    public void A_name_that_was_resolved_keeps_no_root_alive()
    {
        PendingKeyspaces keyspaces = Filled(3);
        KeyspaceName name = new("k2");
        WeakReference facts = ResolvedIn(keyspaces, name);
        Assert.True(keyspaces.TryAdd(100, "another"));
        keyspaces.Freeze();
        GC.Collect();
        Assert.False(facts.IsAlive);
        GC.KeepAlive(name);
    }

    [Fact]
    public void Names_and_counts_follow_creations_and_removals()
    {
        PendingKeyspaces keyspaces = Filled(40);
        keyspaces.Count(7, 5);
        keyspaces.Count(8, 3);
        RootFacts before = keyspaces.Freeze();
        keyspaces.Remove(7);
        Assert.True(keyspaces.TryAdd(keyspaces.NextId, "k7"));
        RootFacts after = keyspaces.Freeze();
        KeyspaceName name = new("k7");
        Assert.True(name.TryResolve(before, out uint old));
        Assert.True(name.TryResolve(after, out uint now));
        Assert.True(name.TryResolve(before, out uint again));
        Assert.Equal((7u, 41u, 7u), (old, now, again));
        Assert.Equal((5, 0), (name.CountIn(before), name.CountIn(after)));
        Assert.Equal((8, 3), (before.Keys, after.Keys));
        Assert.Equal(40, after.Keyspaces.Count);
        Assert.Equal(
            after.Keyspaces.Keyspaces.Select(one => one.Name).Order(StringComparer.Ordinal),
            after.Keyspaces.Names.Order(StringComparer.Ordinal));
        Assert.Equal(42u, after.Keyspaces.NextId);
    }

    [Fact]
    public void An_id_or_a_name_is_given_once()
    {
        PendingKeyspaces keyspaces = Filled(2);
        Assert.False(keyspaces.TryAdd(1, "other"));
        Assert.False(keyspaces.TryAdd(9, "k2"));
        Assert.False(keyspaces.TryAdd(KeyspaceTable.Chunks, "zero"));
        Assert.False(keyspaces.TryAdd(KeyspaceTable.ChunkMarkers, "last"));
        Assert.Equal(3u, keyspaces.NextId);
        Assert.Equal(2, keyspaces.Freeze().Keyspaces.Count);
    }

    [Fact]
    public async Task All_keyspaces_that_a_batch_needs_are_created_by_one_commit()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await engine.GetKeyspace("there").PutTextAsync("k", "v");
        long before = engine.Statistics.Log.GroupsWritten;
        WriteBatch batch = engine.CreateBatch();
        for (int i = 0; i < 50; i++)
        {
            batch.Put(engine.GetKeyspace($"k{i % 25}"), [(byte)i], [1]);
        }

        await engine.CommitAsync(batch, Durability.ProcessCrash).Soon();
        // One for all creations and one for the batch; a mark may come between.
        Assert.InRange(engine.Statistics.Log.GroupsWritten - before, 2, 5);
        Assert.Equal(26, engine.ListKeyspaces().Count);
        Assert.Equal(51, engine.Statistics.Keys);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Thousands_of_them_are_there_after_reopening(bool snapshot)
    {
        const int Count = 3000;
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path))
        {
            await Parallel.ForAsync(0, Count, async (i, _) =>
                await engine.GetKeyspace($"k{i}").PutTextAsync("key", $"{i}"));
            await Parallel.ForAsync(0, Count / 3, async (i, cancel) =>
                Assert.True(await engine.DropKeyspaceAsync(
                    $"k{3 * i}", Durability.ProcessCrash, cancel)));
            if (snapshot)
            {
                await engine.SnapshotAsync().Soon();
            }

            await engine.GetKeyspace("k0").PutTextAsync("key", "anew");
        }

        await using EmbeddedEngine again = await StorageEngine.OpenAsync(scratch.Path);
        Assert.Equal((Count * 2 / 3) + 1, again.ListKeyspaces().Count);
        Assert.Equal((Count * 2 / 3) + 1, again.Statistics.Keys);
        Assert.Equal("anew", await again.GetKeyspace("k0").TextAsync("key"));
        for (int i = 1; i < Count; i++)
        {
            Assert.Equal(i % 3 == 0 ? 0 : 1, again.GetKeyspace($"k{i}").Count);
        }

        Assert.Equal("2999", await again.GetKeyspace("k2999").TextAsync("key"));
    }

    /// <summary>Allocated for each: its creation, its first key, and a root with it.</summary>
    private static double BytesEach(int count)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        PendingKeyspaces keyspaces = Filled(count);
        KeyspaceName[] names = [.. Enumerable.Range(1, count).Select(i => new KeyspaceName($"k{i}"))];
        Assert.All(names, name => Assert.Equal(1, name.CountIn(keyspaces.Frozen)));
        return (double)(GC.GetAllocatedBytesForCurrentThread() - before) / count;
    }

    private static PendingKeyspaces Filled(int count)
    {
        PendingKeyspaces keyspaces = new();
        for (uint id = 1; id <= count; id++)
        {
            Assert.True(keyspaces.TryAdd(id, $"k{id}"));
            keyspaces.Freeze();
            keyspaces.Count(id, count > 40 ? 1 : 0);
            keyspaces.Freeze();
        }

        return keyspaces;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ResolvedIn(PendingKeyspaces keyspaces, KeyspaceName name)
    {
        RootFacts facts = keyspaces.Freeze();
        Assert.True(name.TryResolve(facts, out _));
        return new WeakReference(facts);
    }
}
