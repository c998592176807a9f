using LogEngine.Conformance.Backends;

namespace LogEngine.Conformance.Cases;

/// <summary>Checkpoints, beyond the contract of an engine: damage in files.</summary>
internal static class EmbeddedCheckpointCases
{
    private const string Store = "CheckpointStore";

    [Case(Store, "load latest")]
    internal static async Task Load_latest_skips_the_damaged_and_says_which_and_why(StoreSession s)
    {
        CheckpointLoad<ReadOnlyMemory<byte>> none = await s.Checkpoints.LoadLatestAsync("a");
        Assert.Null(none.Latest);
        Assert.Empty(none.Skipped);
        await s.Checkpoints.SaveAsync("a", "first, sound"u8.ToArray());
        await s.Checkpoints.SaveAsync("a", "second, damaged"u8.ToArray());
        await s.Checkpoints.SaveAsync("a", "third, damaged"u8.ToArray());
        await s.DamageAsync(", damaged"u8.ToArray());
        for (int i = 0; i < 2; i++)
        {
            CollectingLogger logger = new();
            CheckpointStore store = new(
                s.Engine, "checks", new CheckpointStoreOptions(), logger);
            CheckpointLoad<ReadOnlyMemory<byte>> load = await store.LoadLatestAsync("a");
            Assert.Equal("first, sound"u8.ToArray(), load.Latest!.Payload.ToArray());
            Assert.Equal(1, load.Latest.Sequence);
            Assert.Equal([3L, 2], load.Skipped.Select(k => k.Sequence));
            Assert.All(load.Skipped, k =>
            {
                CorruptionException error = Assert.IsType<CorruptionException>(k.Error);
                Assert.Contains(error.Reason, k.Reason, StringComparison.Ordinal);
            });
            Assert.Equal(2, logger.Warnings.Count);
            Assert.Contains("Checkpoint 3 of 'a'", logger.Warnings[0], StringComparison.Ordinal);
            await s.StepAsync();
        }
    }

    [Case(Store, "restore")]
    internal static async Task Restore_of_nothing_is_a_typed_error(StoreSession s)
    {
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await s.Checkpoints.RestoreAsync("a"));
        await s.Checkpoints.SaveAsync("a", "content"u8.ToArray());
        await s.StepAsync();
        Assert.Equal(
            "content"u8.ToArray(), (await s.Checkpoints.RestoreAsync("a")).Payload.ToArray());
        await s.DamageAsync("content"u8.ToArray());
        StorageNotFoundException error = await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await s.Checkpoints.RestoreAsync("a"));
        Assert.Contains("1 damaged", error.Message, StringComparison.Ordinal);
    }

    [Case(Store, "by sequence")]
    internal static async Task By_sequence_missing_and_damaged_differ(StoreSession s)
    {
        await s.Checkpoints.SaveAsync("a", "one"u8.ToArray());
        await s.Checkpoints.SaveAsync("a", "the second"u8.ToArray());
        await s.DamageAsync("the second"u8.ToArray());
        Assert.Equal(
            "one"u8.ToArray(), (await s.Checkpoints.LoadAsync("a", 1)).Payload.ToArray());
        await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await s.Checkpoints.LoadAsync("a", 3));
        CorruptionException error = await Assert.ThrowsAsync<CorruptionException>(
            async () => await s.Checkpoints.LoadAsync("a", 2));
        Assert.True(error.Offset > 0);
        await s.StepAsync();
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await s.Checkpoints.LoadAsync("a", 2));
    }

    [Case(Store, "numbering")]
    internal static async Task Numbering_goes_on_after_clear_and_after_damage(StoreSession s)
    {
        for (int i = 0; i < 3; i++)
        {
            await s.Checkpoints.SaveAsync("a", new byte[] { 1 });
        }

        await s.Checkpoints.ClearAsync("a");
        await s.StepAsync();
        Assert.Equal(4, await s.Checkpoints.SaveAsync("a", "the newest one"u8.ToArray()));
        await s.DamageAsync("the newest one"u8.ToArray());
        Assert.Equal(5, await s.Checkpoints.SaveAsync("a", new byte[] { 1 }));
        await s.Checkpoints.ClearAsync("a");
        await s.Checkpoints.ClearAsync("a");
        await s.StepAsync();
        Assert.Equal(6, await s.Checkpoints.SaveAsync("a", new byte[] { 1 }));
        CheckpointStore store = s.Checkpoints;
        await s.AtOnceAsync(16, async task =>
        {
            await store.SaveAsync("a", new byte[] { 1 });
            if (task % 4 == 0)
            {
                await store.ClearAsync("a");
            }
        });
        Assert.True(await store.SaveAsync("a", new byte[] { 1 }) >= 6 + 16 + 1);
    }
}
