using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Recovery;

/// <summary>
/// Cases C1 to C4 as a user meets them: what appends, calls that write files, closing and opening
/// again say when the directory is taken away.
/// </summary>
public sealed class DirectoryLostTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    public DirectoryLostTests() => Skip.If(
        OperatingSystem.IsWindows(),
        "there the system lets nobody move or remove what is held");

    public void Dispose() => _scratch.Dispose();

    [SkippableFact]
    public async Task C1_The_first_write_after_the_lock_file_went_is_refused_and_the_next_owner_has_all()
    {
        EmbeddedEngine first = await SmallEngine.OpenAsync(_scratch.Path);
        for (int i = 0; i < 50; i++)
        {
            await first.GetKeyspace("k").PutTextAsync($"a{i}", "1");
        }

        File.Delete(_scratch.File("LOCK"));
        await using EmbeddedEngine second = await SmallEngine.OpenAsync(_scratch.Path);
        StorageFaultedException fault = await Assert.ThrowsAsync<StorageFaultedException>(
            async () => await first.GetKeyspace("k").PutTextAsync("late", "1"));
        await second.GetKeyspace("k").PutTextAsync("b", "1");

        DirectoryLostException cause = Assert.IsType<DirectoryLostException>(fault.InnerException);
        Assert.Contains("LOCK", cause.Reason, StringComparison.Ordinal);
        Assert.Contains("LOCK", fault.Message, StringComparison.Ordinal);
        Assert.True(first.Faulted.IsCompleted);
        await Assert.ThrowsAsync<StorageFaultedException>(async () => await first.CloseAsync());
        Assert.Equal(51, second.GetKeyspace("k").Contents().Count);
        Assert.DoesNotContain(second.GetKeyspace("k").Contents(), pair => pair.Key == "late");
    }

    [SkippableFact]
    public async Task C1_Whoever_finds_no_lock_file_waits_until_a_former_writer_must_have_noticed()
    {
        MemoryFileSystem files = new();
        ManualTime time = new();
        MemoryStore store = new()
        {
            Environment = LogEnvironment.InMemory() with { Files = files },
        };
        WriteAheadLog first = await store.OpenAsync(o => o with { TimeProvider = time });
        first.Append(new byte[10], Durability.ProcessCrash);
        files.Unlink("/store/LOCK");
        Task<WriteAheadLog> opening =
            store.OpenAsync(o => o with { TimeProvider = time }).AsTask();
        await Eventually.IsTrueAsync(
            () => files.ListFiles("/store").Contains("LOCK"), "the lock file is made");

        // Acknowledged within the second; the one who opens reads it, since it waits for two.
        first.Append(new byte[20], Durability.ProcessCrash);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Throws<StorageFaultedException>(
            () => first.Append(new byte[30], Durability.ProcessCrash));
        Assert.False(opening.IsCompleted);
        await Eventually.IsTrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return opening.IsCompleted;
            },
            "the second one is open");

        await using WriteAheadLog second = await opening;
        Assert.Equal(2, second.LastSequence);
    }

    [SkippableFact]
    public async Task A_store_that_was_closed_opens_without_its_lock_file_at_once()
    {
        MemoryStore store = new();
        await (await store.OpenAsync(o => o with { TimeProvider = new ManualTime() })).CloseAsync();
        store.Files.Unlink("/store/LOCK");

        await using WriteAheadLog again = await store
            .OpenAsync(o => o with { TimeProvider = new ManualTime() }).AsTask().Soon();
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task C2_What_is_put_in_the_place_of_a_moved_directory_is_untouched(bool isEngine)
    {
        string aside = _scratch.Sibling("aside");
        if (isEngine)
        {
            EmbeddedEngine first = await SmallEngine.OpenAsync(_scratch.Path);
            await first.GetKeyspace("k").PutTextAsync("a", "1");
            Directory.Move(_scratch.Path, aside);
            await using (EmbeddedEngine second = await SmallEngine.OpenAsync(_scratch.Path))
            {
                await second.GetKeyspace("k").PutTextAsync("b", "1");
            }

            byte[][] before = Bytes();

            await Assert.ThrowsAsync<StorageFaultedException>(
                async () => await first.SnapshotAsync());
            await Assert.ThrowsAsync<StorageFaultedException>(async () => await first.CloseAsync());
            Assert.Equal(before, Bytes());
            await using EmbeddedEngine again = await SmallEngine.OpenAsync(_scratch.Path);
            Assert.Equal([("b", "1")], again.GetKeyspace("k").Contents());
        }
        else
        {
            WriteAheadLog first = await SmallLogs.OpenAsync(_scratch.Path);
            first.Append(new byte[10]);
            Directory.Move(_scratch.Path, aside);
            await using (WriteAheadLog second = await SmallLogs.OpenAsync(_scratch.Path))
            {
                second.Append(new byte[20]);
            }

            byte[][] before = Bytes();

            await Assert.ThrowsAsync<StorageFaultedException>(async () => await first.CloseAsync());
            Assert.Equal(before, Bytes());
            await using WriteAheadLog again = await SmallLogs.OpenAsync(_scratch.Path);
            Assert.Equal(1, again.LastSequence);
        }

        await using IAsyncDisposable moved = isEngine
            ? await SmallEngine.OpenAsync(aside)
            : await SmallLogs.OpenAsync(aside);
    }

    [SkippableFact]
    public async Task C2_A_reader_of_a_moved_directory_reads_on_in_it()
    {
        WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        List<byte[]> records = SmallLogs.Append(log, 60, 3000);
        await log.CloseAsync();
        await using WriteAheadLog reading = await WriteAheadLog.OpenAsync(
            _scratch.Path, new WriteAheadLogOptions { ReadOnly = true });
        Directory.Move(_scratch.Path, _scratch.Sibling("aside"));
        await (await SmallLogs.OpenAsync(_scratch.Path)).CloseAsync();

        using LogReader reader = reading.OpenReader(1);
        foreach (byte[] record in records)
        {
            Assert.True(reader.TryRead(out StoredRecord found));
            Assert.Equal(record, found.Payload.ToArray());
        }
    }

    [SkippableFact]
    public async Task C3_A_copy_in_the_place_of_the_directory_is_untouched()
    {
        WriteAheadLog first = await SmallLogs.OpenAsync(_scratch.Path);
        first.Append(new byte[10]);
        string aside = _scratch.Sibling("aside");
        Directory.Move(_scratch.Path, aside);
        ScratchDirectory.CopyFiles(aside, _scratch.Path);
        await using (WriteAheadLog second = await SmallLogs.OpenAsync(_scratch.Path))
        {
            second.Append(new byte[20]);
        }

        byte[][] before = Bytes();

        StorageFaultedException fault = await Assert.ThrowsAsync<StorageFaultedException>(
            async () => await first.CloseAsync());

        Assert.Contains("another directory", fault.Message, StringComparison.Ordinal);
        Assert.Equal(before, Bytes());
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task C4_A_removed_directory_is_noticed_by_the_next_durable_write(bool isEngine)
    {
        if (isEngine)
        {
            EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path);
            await engine.GetKeyspace("k").PutTextAsync("a", "1");
            Directory.Delete(_scratch.Path, recursive: true);
            StorageFaultedException fault = await Assert.ThrowsAsync<StorageFaultedException>(
                async () => await engine.GetKeyspace("k").PutTextAsync(
                    "b", "1", Durability.PowerLoss));
            Assert.IsType<DirectoryLostException>(fault.InnerException);
            await engine.DisposeAsync();
        }
        else
        {
            WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
            log.Append(new byte[10]);
            Directory.Delete(_scratch.Path, recursive: true);

            // Nothing is written any more: closing is the next look.
            StorageFaultedException fault = await Assert.ThrowsAsync<StorageFaultedException>(
                async () => await log.CloseAsync());
            Assert.IsType<DirectoryLostException>(fault.InnerException);
        }

        Assert.False(Directory.Exists(_scratch.Path));
        await using WriteAheadLog again = await SmallLogs.OpenAsync(_scratch.Path);
        Assert.Equal(0, again.LastSequence);
    }

    [SkippableFact]
    public async Task A_truncation_that_finds_the_directory_gone_faults_the_log()
    {
        WriteAheadLog log = await SmallLogs.OpenAsync(_scratch.Path);
        SmallLogs.Append(log, 5, 100);
        Directory.Move(_scratch.Path, _scratch.Sibling("aside"));

        await Assert.ThrowsAsync<StorageFaultedException>(
            async () => await log.TruncateBeforeAsync(3));
        Assert.True(log.Faulted.IsCompleted);
        Assert.Throws<StorageFaultedException>(() => log.Append(new byte[1]));
        await log.DisposeAsync();
    }

    private byte[][] Bytes() =>
    [
        .. Directory.GetFiles(_scratch.Path).Where(f => !f.EndsWith("LOCK", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(Read),
    ];

    private static byte[] Read(string path)
    {
        using FileStream file = new(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
