using LogEngine.Storage;

namespace LogEngine.Unit.Engine;

public sealed class BackupTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Backup => _scratch.Sibling("backup");

    private string Restored => _scratch.Sibling("restored");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_restored_backup_is_the_engine_as_it_was()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 1000; i++)
        {
            await keyspace.PutTextAsync($"{i % 200}", $"value {i} {new string('x', i % 300)}");
        }

        // Segments are freed, and there is a tail behind the snapshots.
        Assert.True(await engine.CompactAsync().Soon() > 0);
        byte[] large = Payloads.Of(50_000, 7);
        await keyspace.PutAsync(SmallEngine.Bytes("large"), large).Soon();
        await keyspace.DeleteAsync(SmallEngine.Bytes("13")).Soon();
        List<(string, string)> expected = keyspace.Contents();

        BackupReport report = await engine.BackupAsync(Backup).Soon();
        await keyspace.PutTextAsync("later", "is not in it");

        Assert.Equal(engine.VisibleSequence, report.Sequence + 1);
        Assert.Equal(2, report.Snapshots);
        Assert.Equal(0, report.BytesKept);
        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored);
        Assert.Equal(expected, restored.GetKeyspace("k").Contents());
        Assert.True(restored.Recovery.SnapshotSequence > 0);
        using StoredValue? value = await restored.GetKeyspace("k")
            .GetAsync(SmallEngine.Bytes("large")).Soon();
        Assert.Equal(large, value!.Memory.ToArray());
    }

    [Fact]
    public async Task C5_A_backup_into_the_own_directory_is_refused_whatever_path_leads_there()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        await engine.GetKeyspace("k").PutTextAsync("a", "1");
        Directory.CreateDirectory(Path.Combine(_scratch.Path, "below"));
        string link = _scratch.Sibling("link");
        string inside = _scratch.Sibling("inside");
        Directory.CreateSymbolicLink(link, _scratch.Path);
        Directory.CreateSymbolicLink(inside, Path.Combine(_scratch.Path, "below"));
        foreach (string path in (string[])
            [
                _scratch.Path, _scratch.Path + "/", link, link + "/new", inside, inside + "/new",
                inside + "/new/deeper", Path.Combine(_scratch.Path, "missing"),
            ])
        {
            await Assert.ThrowsAsync<ArgumentException>(
                async () => await engine.BackupAsync(path));
        }

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_scratch.Path, "below")));
        string beside = _scratch.Path + "-beside";
        await engine.BackupAsync(beside).Soon();
        Assert.NotEmpty(Directory.GetFiles(beside));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await LogDirectory.SalvageAsync(_scratch.Path, inside));
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await LogDirectory.SalvageAsync(_scratch.Path, link));
    }

    [Fact]
    public async Task A_restored_engine_goes_on_and_can_be_compacted()
    {
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            await engine.GetKeyspace("k").PutTextAsync("a", "1");
            await engine.BackupAsync(Backup).Soon();
        }

        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using (EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored))
        {
            for (int i = 0; i < 300; i++)
            {
                await restored.GetKeyspace("k").PutTextAsync("a", new string('x', 1000));
            }

            Assert.True(await restored.CompactAsync().Soon() > 0);
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(Restored);
        Assert.Equal([("a", new string('x', 1000))], again.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task An_empty_engine_can_be_backed_up()
    {
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            BackupReport report = await engine.BackupAsync(Backup).Soon();
            Assert.Equal((0, 0, 0), (report.Sequence, report.Segments, report.Snapshots));
        }

        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored);
        Assert.Empty(restored.ListKeyspaces());
    }

    [Fact]
    public async Task Only_what_is_new_is_copied_into_an_older_backup()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 500; i++)
        {
            await keyspace.PutTextAsync($"{i}", new string('x', 1000));
        }

        await engine.SnapshotAsync().Soon();
        BackupReport first = await engine.BackupAsync(Backup).Soon();
        BackupReport same = await engine.BackupAsync(Backup).Soon();
        await keyspace.PutTextAsync("new", "value");
        BackupReport second = await engine.BackupAsync(Backup).Soon();

        // At most the last segment, if an idle mark has been written to it.
        Assert.InRange(same.BytesCopied, 0, 64 << 10);
        Assert.True(same.BytesKept > first.BytesCopied / 2);
        Assert.InRange(second.BytesCopied, 1, 64 << 10);
        Assert.True(second.BytesKept > first.BytesCopied / 2);
        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored);
        Assert.Equal(keyspace.Contents(), restored.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task What_was_freed_goes_from_the_next_backup()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 500; i++)
        {
            await keyspace.PutTextAsync($"{i % 10}", new string('x', 1000));
        }

        await engine.BackupAsync(Backup).Soon();
        long before = SmallEngine.BytesOnDisk(Backup);
        Assert.True(await engine.CompactAsync().Soon() > 0);
        await engine.BackupAsync(Backup).Soon();

        Assert.True(SmallEngine.BytesOnDisk(Backup) < before / 2);
        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored);
        Assert.Equal(keyspace.Contents(), restored.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task What_is_freed_during_a_backup_is_in_it_all_the_same()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 500; i++)
        {
            await keyspace.PutTextAsync($"{i % 10}", new string((char)('a' + (i % 26)), 1000));
        }

        List<(string, string)> expected = keyspace.Contents();
        long freed = 0;
        long written = 0;
        await engine.BackupAsync(Backup, new Told(_ =>
        {
            if (freed == 0)
            {
                // Between two files: the picture has been taken. Spares are used up by new writes.
                freed = engine.CompactAsync().AsTask().GetAwaiter().GetResult();
                for (; written < 300; written++)
                {
                    keyspace.PutTextAsync("0", new string('!', 1000)).GetAwaiter().GetResult();
                }
            }
        })).Soon();

        Assert.True(freed > 0);
        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored);
        Assert.Equal(expected, restored.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task Backups_under_load_hold_everything_acknowledged_and_whole_batches()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        const int writers = 8;
        int[] acknowledged = new int[writers];
        using CancellationTokenSource stop = new();
        Task[] load = [.. Enumerable.Range(0, writers).Select(w => Task.Run(async () =>
        {
            for (int i = 1; !stop.IsCancellationRequested; i++)
            {
                WriteBatch batch = engine.CreateBatch();
                byte[] value = SmallEngine.Bytes($"{i} {new string('x', i % 500)}");
                batch.Put(engine.GetKeyspace("left"), SmallEngine.Bytes($"{w}"), value);
                batch.Put(engine.GetKeyspace("right"), SmallEngine.Bytes($"{w}"), value);
                await engine.CommitAsync(batch, Durability.ProcessCrash);
                Volatile.Write(ref acknowledged[w], i);
            }
        }))];
        for (int round = 0; round < 3; round++)
        {
            await Eventually.IsTrueAsync(
                () => acknowledged.All(a => a > 30 * (round + 1)), "progress");
            int[] before = [.. acknowledged];
            await engine.BackupAsync(Backup).Soon();
            string restored = _scratch.Sibling($"restored{round}");
            await EmbeddedEngine.RestoreAsync(Backup, restored).Soon();
            await using EmbeddedEngine copy = await SmallEngine.OpenAsync(restored);
            List<(string Key, string Value)> left = copy.GetKeyspace("left").Contents();
            Assert.Equal(left, copy.GetKeyspace("right").Contents());
            Assert.All(left, pair => Assert.True(
                int.Parse(pair.Value.Split(' ')[0]) >= before[int.Parse(pair.Key)]));
            if (round == 1)
            {
                await engine.CompactAsync().Soon();
            }
        }

        await stop.CancelAsync();
        await Task.WhenAll(load).Soon();
    }

    [Fact]
    public async Task An_engine_in_memory_is_backed_up_to_the_disk()
    {
        await using (EmbeddedEngine engine = StorageEngine.OpenInMemory(SmallEngine.Options))
        {
            await engine.GetKeyspace("k").PutTextAsync("a", "1");
            await engine.BackupAsync(Backup).Soon();
        }

        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(Restored);
        Assert.Equal([("a", "1")], restored.GetKeyspace("k").Contents());
    }

    [Fact]
    public async Task Progress_ends_with_all_of_it()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        await engine.GetKeyspace("k").PutTextAsync("a", new string('x', 10_000));
        List<BackupProgress> told = [];
        BackupReport report = await engine.BackupAsync(Backup, new Told(told.Add)).Soon();
        Assert.Equal(report.BytesCopied, told[^1].BytesDone);
        Assert.Equal(report.BytesCopied, told[^1].BytesTotal);
    }

    [Fact]
    public async Task Copies_of_one_store_that_went_apart_are_not_mixed()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
        await engine.GetKeyspace("k").PutTextAsync("a", "common");
        await engine.BackupAsync(Backup).Soon();
        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        await using EmbeddedEngine other = await SmallEngine.OpenAsync(Restored);

        // The same ids, sequences, lengths and numbers on both sides, with other contents.
        await engine.GetKeyspace("k").PutTextAsync("a", "here");
        await other.GetKeyspace("k").PutTextAsync("a", "away");
        await engine.SnapshotAsync().Soon();
        await other.SnapshotAsync().Soon();
        await engine.BackupAsync(Backup).Soon();
        await other.BackupAsync(Backup).Soon();

        string third = _scratch.Sibling("third");
        await EmbeddedEngine.RestoreAsync(Backup, third).Soon();
        await using EmbeddedEngine restored = await SmallEngine.OpenAsync(third);
        Assert.Equal([("a", "away")], restored.GetKeyspace("k").Contents());
        Assert.Empty(restored.Recovery.Warnings);
    }

    [Fact]
    public async Task A_restored_engine_has_the_next_open_epoch()
    {
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            await engine.GetKeyspace("k").PutTextAsync("a", "1");
            await engine.BackupAsync(Backup).Soon();
        }

        await EmbeddedEngine.RestoreAsync(Backup, Restored).Soon();
        Assert.Equal(EpochOf(Backup) + 1, EpochOf(Restored));
    }

    private static ulong EpochOf(string directory) =>
        new ManifestStore(RealFileSystem.Instance, directory).Load(forWriting: false)
            .Newest!.OpenEpoch;

    private sealed class Told(Action<BackupProgress> tell) : IProgress<BackupProgress>
    {
        public void Report(BackupProgress value) => tell(value);
    }
}
