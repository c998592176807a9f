using LogEngine.Testing;

namespace LogEngine.Unit.Engine;

/// <summary>Stories of bugs in what goes on beside reading and writing.</summary>
public sealed class MaintenanceTests
{
    /// <summary>
    /// A segment of single small writes, each in a block of its own, was rewritten record by record,
    /// each in a block of its own again, and then chosen again for its padding, for ever.
    /// </summary>
    [Fact]
    public async Task Background_compaction_of_small_writes_comes_to_an_end_and_gives_space_back()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine =
            await StorageEngine.OpenAsync(scratch.Path, BusyEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        const int Keys = 200;
        for (int i = 0; i < Keys; i++)
        {
            await keyspace.PutAsync(BusyEngine.Number(i), new byte[50]).Soon();
        }

        long relocated = -1;
        await Eventually.IsTrueAsync(
            () =>
            {
                // At rest: nothing more within a while.
                long now = engine.Statistics.RelocatedBytes;
                bool same = now == relocated && now > 0;
                relocated = now;
                Thread.Yield();
                Task.Delay(200).Wait();
                return same;
            },
            "compaction comes to rest");
        Assert.True(relocated < 20 * Keys * 100, $"{relocated} bytes were moved");
        await engine.CompactAsync().Soon();
        Assert.True(
            engine.Statistics.SegmentBytes < 4 * WriteAheadLogOptions.MinSegmentSizeBytes,
            $"{engine.Statistics.SegmentBytes} bytes of segments for {Keys} small values");
        Assert.Equal(Keys, keyspace.Count);

        // What came from each segment ends with a block of its own: once more puts these together.
        await engine.CompactAsync().Soon();
        long moved = engine.Statistics.RelocatedBytes;
        await engine.CompactAsync().Soon();
        Assert.True(
            engine.Statistics.RelocatedBytes - moved < moved / 8,
            "what has been compacted is compacted again");
    }

    /// <summary>
    /// Compaction gave values new places, under which the cache did not know them: each pass made
    /// what it moved cold. And what nobody had read was not to push out what is read.
    /// </summary>
    [Fact]
    public async Task What_is_cached_is_cached_still_when_it_has_been_moved()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine filled = await SmallEngine.OpenAsync(scratch.Path))
        {
            EmbeddedKeyspace filling = filled.GetKeyspace("k");
            for (int i = 0; i < 400; i++)
            {
                await filling.PutAsync(new[] { (byte)(i % 20) }, new byte[500]).Soon();
            }
        }

        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        using StoredValue? read = await keyspace.GetAsync(new byte[] { 1 }).Soon();
        Assert.True(await engine.CompactAsync().Soon() > 0);
        Assert.True(engine.Statistics.RelocatedBytes >= 20 * 500);
        long reads = engine.Statistics.FileReads;
        using StoredValue? again = await keyspace.GetAsync(new byte[] { 1 }).Soon();
        Assert.Equal(500, again!.Memory.Length);
        Assert.Equal(reads, engine.Statistics.FileReads);
        using StoredValue? other = await keyspace.GetAsync(new byte[] { 2 }).Soon();
        Assert.Equal(reads + 1, engine.Statistics.FileReads);
    }

    /// <summary>
    /// What an engine had moved itself was known to be as tight as it gets; after a reopening its
    /// padding counted as garbage, and it was moved once more.
    /// </summary>
    [Fact]
    public async Task What_compaction_has_written_is_not_rewritten_after_a_reopening()
    {
        using ScratchDirectory scratch = new();
        await using (EmbeddedEngine engine =
            await StorageEngine.OpenAsync(scratch.Path, BusyEngine.Options))
        {
            // Two of them go into a block of the smallest groups, and leave a third of it empty.
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            for (int i = 0; i < 600; i++)
            {
                byte[] key = [.. BusyEngine.Number(i % 300), .. new byte[320]];
                await keyspace.PutAsync(key, new byte[1000]).Soon();
            }

            await engine.CompactAsync().Soon();
            await engine.CompactAsync().Soon();
        }

        for (int i = 0; i < 3; i++)
        {
            await using EmbeddedEngine again =
                await StorageEngine.OpenAsync(scratch.Path, BusyEngine.Options);

            // Every open asks for a pass: soon it has begun, and then this waits for its end.
            await Task.Delay(100);
            await again.SnapshotAsync().Soon();
            Assert.Equal(0, again.Statistics.RelocatedBytes);
        }
    }

    /// <summary>
    /// The reserve was kept back only while there was more than one segment. An engine that was
    /// emptied on a full disk was left with one, so it stayed 'in use', and writes were refused for
    /// ever, whatever space there was.
    /// </summary>
    [Fact]
    public void An_engine_that_is_emptied_on_a_full_disk_takes_writes_again()
    {
        SimulatedDisk disk = new(1);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        DeadValues.FillDiskAndEmpty(disk, keyspace);
        disk.Run(() => engine.CompactAsync().AsTask());
        Assert.Equal(1, engine.Statistics.Log.Segments);
        disk.Run(async () =>
        {
            bool refused = true;
            for (int attempt = 0; refused && attempt < 20; attempt++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), disk.TimeProvider);
                try
                {
                    await keyspace.PutAsync(new byte[] { 1 }, new byte[100]);
                    refused = false;
                }
                catch (StorageFullException)
                {
                    // It asks for a look whether there is space by now.
                }
            }

            Assert.False(refused, "writes are refused for ever");
            await engine.CloseAsync();
        });
    }

    /// <summary>
    /// A snapshot asked for while the engine was closing ran beside the freeing of the memory that
    /// it walked.
    /// </summary>
    [Fact]
    public async Task Nothing_begins_once_maintenance_has_stopped()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(scratch.Path);
        await engine.GetKeyspace("k").PutTextAsync("a", "b");
        await engine.Lifetime.Maintenance.StopAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await engine.SnapshotAsync());
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await engine.CompactAsync());
        Assert.Empty(Directory.GetFiles(scratch.Path, "*.snap"));
    }
}
