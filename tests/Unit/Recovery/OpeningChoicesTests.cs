using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What an opening chooses: mode, alignment, sizes, numbers and times.</summary>
public sealed class OpeningChoicesTests
{
    private const int Block = 4096;

    private readonly MemoryStore _store = new();

    [Fact]
    public async Task In_direct_mode_the_tail_is_read_past_the_page_cache_and_new_files_written_so()
    {
        await using (WriteAheadLog made = await _store.OpenAsync())
        {
            made.Append([1]);
        }

        string head = _store.Segments[^1];
        (MemoryStore direct, HookedFileSystem hooks) = Facts(direct: Block, buffered: Block);
        await using (WriteAheadLog log =
            await direct.OpenAsync(o => o with { IoMode = IoMode.Auto }))
        {
            Assert.Equal((IoMode.Direct, null), (log.Recovery.IoMode, log.Recovery.IoReason));
            Assert.Equal("hooked", log.Recovery.FileSystem);
            List<string> opening = hooks.Journal;
            Assert.Equal("probe direct store", opening.Single(
                e => e.StartsWith("probe", StringComparison.Ordinal)));
            Assert.True(opening.Count(e => e == $"direct {head}") >= 2);
            Assert.Contains($"direct {_store.Segments[^1]}", opening);
        }

        (MemoryStore buffered, hooks) = Facts(direct: Block, buffered: Block);
        await using WriteAheadLog asked = await buffered.OpenAsync();
        Assert.Equal(
            (IoMode.Buffered, "buffered I/O was asked for"),
            (asked.Recovery.IoMode, asked.Recovery.IoReason));
        Assert.DoesNotContain(
            hooks.Journal, e => e.StartsWith("direct ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(IoMode.Direct, 8192, 4096, 8192)]
    [InlineData(IoMode.Direct, 4096, 8192, 4096)]
    [InlineData(IoMode.Buffered, 8192, 4096, 4096)]
    [InlineData(IoMode.Buffered, 4096, 8192, 8192)]
    public async Task I1_A_new_segment_is_aligned_as_it_must_be_where_it_is_written(
        IoMode mode, int direct, int buffered, int expected)
    {
        (MemoryStore store, _) = Facts(direct, buffered);
        await using (WriteAheadLog log = await store.OpenAsync(o => o with { IoMode = mode }))
        {
            Assert.Equal(expected, log.Recovery.Alignment);
            Assert.Equal(expected, Newest().Alignment);
            Assert.Equal(Math.Max(64 << 10, 16 * expected), Newest().Capacity);
            log.Append([1]);
        }

        IoMode other = mode == IoMode.Direct ? IoMode.Buffered : IoMode.Direct;
        await using WriteAheadLog again = await store.OpenAsync(o => o with { IoMode = other });
        int needed = other == IoMode.Direct ? direct : buffered;
        Assert.Equal(needed, again.Recovery.Alignment);
        Assert.Equal(needed, Newest().Alignment);
        Assert.Equal(1, again.LastSequence);
    }

    /// <summary>
    /// A log that was once written with pages of 64 KiB, on another machine, wrote 64 KiB for each lone
    /// record ever after.
    /// </summary>
    [Fact]
    public async Task I1_Segments_of_several_alignments_are_one_log()
    {
        long next = 1;
        foreach (int alignment in (int[])[4096, 64 << 10, 4096, 16 << 10, 4096])
        {
            (MemoryStore store, _) = Facts(direct: alignment, buffered: alignment);
            await using WriteAheadLog log = await store.OpenAsync();
            Assert.Equal(alignment, log.Recovery.Alignment);
            Assert.Equal(next - 1, log.LastSequence);
            for (int i = 0; i < 40; i++, next++)
            {
                Assert.Equal(next, log.Append(BitConverter.GetBytes(next)));
            }

            Assert.Equal(next - 1, LogContents.Read(log).Count);
        }
    }

    [Fact]
    public async Task Segments_are_of_the_size_asked_for_in_whole_blocks()
    {
        await using (await _store.OpenAsync(o => o with { SegmentSizeBytes = (256 << 10) + 100 }))
        {
            Assert.Equal(256 << 10, Newest().Capacity);
        }
    }

    [Fact]
    public async Task A_group_takes_at_most_a_quarter_of_a_segment_and_no_more_than_asked_for()
    {
        await using (WriteAheadLog log = await _store.OpenAsync(o => o with
        {
            SegmentSizeBytes = 128 << 10,
            GroupCapBytes = WriteAheadLogOptions.MaxGroupCapBytes,
        }))
        {
            Assert.True(log.TryAppend(new byte[30_000], out _));
            Assert.Throws<RecordTooLargeException>(() => log.TryAppend(new byte[33_000], out _));
        }

        await using (WriteAheadLog log = await _store.OpenAsync(o => o with
        {
            SegmentSizeBytes = 1 << 20,
            GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        }))
        {
            Assert.True(log.TryAppend(new byte[15_000], out _));
            Assert.Throws<RecordTooLargeException>(() => log.TryAppend(new byte[17_000], out _));
        }
    }

    [Fact]
    public async Task All_of_a_stores_identity_is_drawn_and_its_directory_made_durable_by_name()
    {
        HookedFileSystem hooks = new(_store.Files);
        LogEnvironment environment =
            _store.Environment with { Files = hooks, NextRandom = () => ulong.MaxValue };
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            environment, "/above/log", SmallLogs.Options(), default);
        Assert.Equal(
            new Guid([.. Enumerable.Repeat((byte)0xFF, 16)]), log.Recovery.StoreId);
        Assert.Contains("sync directory above", hooks.Journal);
    }

    [Fact]
    public async Task A_segment_is_never_older_than_what_is_in_the_log_before_it()
    {
        ManualTime time = new();
        long first;
        await using (WriteAheadLog log = await OpenAsync())
        {
            Assert.Equal(ManualTime.Epoch.UtcTicks, Newest().CreatedTicks);
            time.SetUtcNow(ManualTime.Epoch.AddHours(2));
            log.Append([1]);
            first = time.GetUtcNow().UtcTicks;
        }

        time.SetUtcNow(ManualTime.Epoch.AddHours(1));
        await using (WriteAheadLog log = await OpenAsync())
        {
            Assert.Equal(first, Newest().CreatedTicks);
            log.Append([2]);
        }

        time.SetUtcNow(ManualTime.Epoch.AddHours(3));
        await using (WriteAheadLog log = await OpenAsync())
        {
            Assert.Equal(ManualTime.Epoch.AddHours(3).UtcTicks, Newest().CreatedTicks);
        }

        ValueTask<WriteAheadLog> OpenAsync() =>
            _store.OpenAsync(o => o with { TimeProvider = time });
    }

    [Fact]
    public async Task Of_a_log_that_was_there_the_older_manifest_alone_is_written_over()
    {
        await using (await _store.OpenAsync())
        {
        }

        ManifestLoad before = Load();
        await using WriteAheadLog log = await _store.OpenAsync();
        ManifestLoad after = Load();
        Assert.Equal(before.Newest!.Generation, after.Older!.Generation);
        Assert.True(after.Older.CleanlyClosed);
        Assert.False(after.Newest!.CleanlyClosed);
        Assert.Equal(before.Newest.OpenEpoch + 1, after.Newest.OpenEpoch);
    }

    [Fact]
    public async Task Numbers_of_an_opening_that_met_a_full_disk_are_not_given_to_its_second_try()
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            log.Append([1]);
        }

        SegmentHeader before = Newest();
        byte[] spare = new byte[Block];
        SpareHeader.Write(spare, 0x800, before.StoreId);
        _store.Write(FileNames.Segment(0x800), spare);
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        Manifest? first = null;
        hooks.Before = (operation, path) =>
        {
            if (operation == "create" && path.EndsWith(".seg", StringComparison.Ordinal)
                && first is null)
            {
                first = Load().Newest;
                throw new StorageFullException(path, "the test says so");
            }
        };
        await using WriteAheadLog again = await hooked.OpenAsync();
        SegmentHeader begun = Newest();
        Assert.True(first!.NextFileNumber > 0x800);
        Assert.Equal(
            (first.NextSegmentId, first.NextFileNumber), (begun.SegmentId, begun.FileNumber));
        Manifest second = Load().Newest!;
        Assert.True(second.NextSegmentId > first.NextSegmentId);
        Assert.True(second.NextFileNumber > first.NextFileNumber);
    }

    [Theory]
    [InlineData("sync", 1)]
    [InlineData("sync", 2)]
    [InlineData("write", 1)]
    [InlineData("write", 2)]
    [InlineData("sync directory", 1)]
    public async Task A_new_segment_that_is_not_durable_is_given_up_with_the_error_of_its_call(
        string call, int time)
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            log.Append([1]);
        }

        string[] before = [.. _store.Segments];
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        string? created = null;
        hooks.Before = (operation, path) =>
        {
            if (operation == "create" && path.EndsWith(".seg", StringComparison.Ordinal))
            {
                created ??= path;
            }
            else if (created is not null && operation == call
                && (path == created || path == MemoryStore.Directory) && --time == 0)
            {
                throw new StorageIOException(operation, path, Errno.Io, "the test says so");
            }
        };
        StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
            async () => await hooked.OpenAsync());
        Assert.Equal(Errno.Io, error.ErrorNumber);
        Assert.Equal(before, _store.Segments);
        Assert.Equal((0, 0), (hooks.OpenFiles, hooks.HeldLocks));
    }

    private (MemoryStore Store, HookedFileSystem Hooks) Facts(int direct, int buffered) =>
        _store.Hooked(new StorageFacts("hooked", true, null, direct, buffered));

    private SegmentHeader Newest() => _store.HeadersOf().MaxBy(h => h.SegmentId)!;

    private ManifestLoad Load() =>
        new ManifestStore(_store.Files, MemoryStore.Directory).Load(forWriting: false);
}
