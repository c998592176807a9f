using LogEngine.Format;
using LogEngine.Storage;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What an opening finds, says, refuses and writes.</summary>
public sealed class LogOpeningTests
{
    private const int Block = 4096;

    private readonly MemoryStore _store = new();

    [Fact]
    public async Task Creation_says_what_it_made()
    {
        await using WriteAheadLog log = await _store.OpenAsync();
        RecoveryReport report = log.Recovery;
        Assert.Equal(
            (MemoryStore.Directory, RecoveredTail.Created), (report.Directory, report.Tail));
        Assert.NotEqual(Guid.Empty, report.StoreId);
        Assert.Equal((1, 0, 0), (report.FirstSequence, report.LastSequence, report.Segments));
        Assert.Equal(
            (0, 0, 0, false),
            (report.TailGroups, report.DroppedBytes, report.DroppedGroups, report.Ambiguous));
        Assert.Equal((null, -1), (report.CutFile, report.CutOffset));
        Assert.Equal(("memory", Block), (report.FileSystem, report.Alignment));
        Assert.Equal(
            (IoMode.Buffered, "buffered I/O was asked for"), (report.IoMode, report.IoReason));
        Assert.Empty(report.Warnings);
        Assert.Empty(report.ForeignFiles);
        Assert.Equal(
            [
                "probe", "manifest", "chain", "tail", "manifest of this open", "new segment",
                "leftovers",
            ],
            report.Steps.Select(s => s.Name));
        Assert.True(report.Duration >= report.Steps.Aggregate(
            TimeSpan.Zero, (sum, step) => sum + step.Duration));

        // Both generations, so that none is missed later; and the segment begun at opening.
        Assert.Equal(
            ["LOCK", "READERS", "manifest-a", "manifest-b"],
            _store.Names.Where(n => !n.EndsWith(".seg", StringComparison.Ordinal)));
        Assert.Single(_store.Segments);
    }

    [Fact]
    public async Task What_can_be_had_of_direct_mode_is_said()
    {
        await using (WriteAheadLog log = await _store.OpenAsync(o => o with { IoMode = IoMode.Auto }))
        {
            Assert.Equal(
                (IoMode.Buffered, "files in memory have no direct mode"),
                (log.Recovery.IoMode, log.Recovery.IoReason));
        }

        StorageIOException refused = await Assert.ThrowsAsync<StorageIOException>(
            async () => await _store.OpenAsync(o => o with { IoMode = IoMode.Direct }));
        Assert.Equal(Errno.Invalid, refused.ErrorNumber);
        Assert.Contains("no direct mode; open with", refused.Message, StringComparison.Ordinal);

        // Refused before anything was changed; the lock is free again.
        await using WriteAheadLog again = await _store.OpenAsync();
        Assert.Equal(RecoveredTail.Sealed, again.Recovery.Tail);
    }

    [Fact]
    public async Task Every_opening_counts_draws_higher_numbers_and_starts_a_segment()
    {
        List<(ulong Epoch, ulong Id, ulong Number, long First)> seen = [];
        for (int i = 0; i < 3; i++)
        {
            await using WriteAheadLog log = await _store.OpenAsync();
            SegmentHeader header = Headers().MaxBy(h => h.SegmentId)!;
            seen.Add((header.OpenEpoch, header.SegmentId, header.FileNumber, header.FirstSequence));
            log.Append([1]);
        }

        Assert.Equal([1UL, 2, 3], seen.Select(s => s.Epoch));
        Assert.Equal([1L, 2, 3], seen.Select(s => s.First));
        Assert.True(seen[0].Id < seen[1].Id && seen[1].Id < seen[2].Id);
        Assert.True(seen[0].Number < seen[1].Number && seen[1].Number < seen[2].Number);
    }

    [Fact]
    public async Task Numbers_of_files_that_are_no_part_of_it_are_not_given_again()
    {
        await using (await _store.OpenAsync())
        {
        }

        byte[] header = new byte[SegmentHeader.Size];
        (HandmadeStore.Root(900, 1) with { FileNumber = 0x700 }).Write(header);
        _store.Write(FileNames.Segment(0x700), header);
        await using WriteAheadLog log = await _store.OpenAsync();
        Assert.Equal([FileNames.Segment(0x700)], log.Recovery.ForeignFiles);
        log.Append([1]);
        SegmentHeader newest = Headers().Where(h => h.StoreId == log.Recovery.StoreId)
            .MaxBy(h => h.SegmentId)!;
        Assert.True(newest is { SegmentId: > 900, FileNumber: > 0x700 }, $"{newest}");
    }

    [Fact]
    public async Task A_closed_log_is_found_sealed_and_chained_to()
    {
        SegmentHeader before;
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            SmallLogs.Append(log, 3, 100);
            before = Headers().Single();
        }

        await using WriteAheadLog again = await _store.OpenAsync();
        RecoveryReport report = again.Recovery;
        Assert.Equal((RecoveredTail.Sealed, 3, 1), (report.Tail, report.LastSequence, report.Segments));
        Assert.Equal((1, 0, 0), (report.TailGroups, report.DroppedBytes, report.DroppedGroups));
        SegmentHeader header = Headers().MaxBy(h => h.SegmentId)!;
        Assert.Equal(SegmentLink.Chained, header.Link);
        Assert.Equal(
            (before.SegmentId, before.Salt, 3L),
            (header.Predecessor.SegmentId, header.Predecessor.Salt, header.Predecessor.LastSequence));
        Assert.Equal((4, 1), (header.FirstSequence, header.LowWaterSequence));
        Assert.True(header.CreatedTicks >= before.CreatedTicks);
    }

    [Fact]
    public async Task Without_any_record_the_next_segment_is_a_root_and_crash_loops_cost_no_space()
    {
        MemoryStore store = _store;
        for (int i = 0; i < 4; i++)
        {
            await using WriteAheadLog log = await store.OpenAsync();
            Assert.Equal(0, log.Recovery.LastSequence);
            Assert.Equal(SegmentLink.Root, store.HeadersOf().MaxBy(h => h.SegmentId)!.Link);
            await Eventually.IsTrueAsync(
                () => store.Segments.Count == 1, "the skipped head is removed");
            store = store.Copy();
        }
    }

    [Fact]
    public async Task A_skipped_head_hands_its_predecessor_on()
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            SmallLogs.Append(log, 3, 100);
        }

        MemoryStore store = _store;
        SegmentEnd first = default;
        for (int i = 0; i < 3; i++)
        {
            await using WriteAheadLog log = await store.OpenAsync();
            Assert.Equal((3, 1), (log.Recovery.LastSequence, log.Recovery.Segments));
            SegmentEnd named = store.HeadersOf().MaxBy(h => h.SegmentId)!.Predecessor;
            first = i == 0 ? named : first;
            Assert.Equal(first, named);
            await Eventually.IsTrueAsync(
                () => store.Segments.Count == 2, "the skipped head is removed");
            store = store.Copy();
        }
    }

    [Fact]
    public async Task A_torn_last_group_is_cut_reported_and_gone_from_the_file()
    {
        MemoryStore killed = await KillAsync(records: 3);
        string name = killed.Segments[^1];
        killed.Flip(name, (3 * Block) + GroupHeader.Size + 40);
        await using WriteAheadLog log = await killed.OpenAsync();
        RecoveryReport report = log.Recovery;
        Assert.Equal((RecoveredTail.Torn, 2, 2), (report.Tail, report.LastSequence, report.TailGroups));
        Assert.Equal((MemoryStore.PathOf(name), 3 * Block), (report.CutFile, report.CutOffset));
        Assert.Equal((Block, 0), (report.DroppedBytes, report.DroppedGroups));
        Assert.True(report.Ambiguous);
        await Eventually.IsTrueAsync(
            () => killed.Read(name) is { } now
                && (now.Length <= 3 * Block
                    || !GroupHeader.TryRead(now.AsSpan(3 * Block), 3 * Block, out _)),
            "the torn group is cut away");
        Assert.Equal(3, log.Append([1]));
    }

    [Fact]
    public async Task Groups_behind_a_torn_one_are_counted_and_dropped()
    {
        MemoryStore killed = await KillAsync(records: 4);
        killed.Flip(killed.Segments[^1], (2 * Block) + GroupHeader.Size + 40);

        // Marks of the later groups attest what was cut: it is damage then, not a torn tail.
        CorruptionException refused = await Assert.ThrowsAsync<CorruptionException>(
            async () => await killed.OpenAsync());
        Assert.Equal(
            (MemoryStore.PathOf(killed.Segments[^1]), 2 * Block), (refused.Path, refused.Offset));
    }

    [Fact]
    public async Task A_rotation_torn_in_its_header_is_reported_and_its_file_removed()
    {
        MemoryStore killed = await KillAsync(records: 2);
        SegmentHeader head = killed.HeadersOf().Single();
        SegmentHeader lost = HandmadeStore.After(head, head.SegmentId + 1, 3 * Block, 2) with
        {
            StoreId = head.StoreId,
        };
        byte[] file = new byte[4 * Block];
        HandmadeStore.Group(lost, Block, 3).CopyTo(file.AsSpan(Block));
        string name = FileNames.Segment(0x900);
        killed.Write(name, file);
        await using WriteAheadLog log = await killed.OpenAsync();
        RecoveryReport report = log.Recovery;
        Assert.Equal((RecoveredTail.Torn, 2), (report.Tail, report.LastSequence));
        Assert.Equal((MemoryStore.PathOf(name), 0), (report.CutFile, report.CutOffset));
        Assert.True(report.Ambiguous);
        await Eventually.IsTrueAsync(
            () => !killed.Names.Contains(name), "the torn rotation's file is removed");
    }

    [Fact]
    public async Task A_rotation_whose_groups_attest_more_is_corruption()
    {
        MemoryStore killed = await KillAsync(records: 2);
        SegmentHeader head = killed.HeadersOf().Single();
        SegmentHeader lost = HandmadeStore.Root(head.SegmentId + 1, 3);
        byte[] file = new byte[4 * Block];
        HandmadeStore.Group(
            lost, Block, 4, mark: new DurableMark(lost.SegmentId, Block, 3)).CopyTo(file.AsSpan(Block));
        killed.Write(FileNames.Segment(0x900), file);
        await Assert.ThrowsAsync<CorruptionException>(async () => await killed.OpenAsync());
    }

    [Fact]
    public async Task One_damaged_manifest_is_a_warning_and_two_are_corruption()
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            log.Append([1]);
        }

        MemoryStore copy = _store.Copy();
        copy.Flip(FileNames.ManifestA, 100);
        MemoryStore both = copy.Copy();
        both.Flip(FileNames.ManifestB, 100);
        await using (WriteAheadLog log = await copy.OpenAsync())
        {
            Assert.Contains(
                FileNames.ManifestA, Assert.Single(log.Recovery.Warnings), StringComparison.Ordinal);
            Assert.Equal(1, log.Recovery.LastSequence);
        }

        CorruptionException refused =
            await Assert.ThrowsAsync<CorruptionException>(async () => await both.OpenAsync());
        Assert.Equal(
            (MemoryStore.PathOf(FileNames.ManifestA), 0), (refused.Path, refused.Offset));
        Assert.Contains("no manifest is valid", refused.Message, StringComparison.Ordinal);
        Assert.Contains(FileNames.ManifestB, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_manifests_a_log_is_made_anew_unless_there_is_anything_to_lose()
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            log.Append([1]);
        }

        MemoryStore copy = _store.Copy();
        copy.Remove(FileNames.ManifestA);
        copy.Remove(FileNames.ManifestB);
        CorruptionException refused =
            await Assert.ThrowsAsync<CorruptionException>(async () => await copy.OpenAsync());
        Assert.Equal(
            (MemoryStore.PathOf(FileNames.ManifestA), -1), (refused.Path, refused.Offset));
        Assert.Contains(
            MemoryStore.PathOf(copy.Segments[0]), refused.Message, StringComparison.Ordinal);

        copy.Write(copy.Segments[0], []);
        await using WriteAheadLog made = await copy.OpenAsync();
        Assert.Equal((RecoveredTail.Created, 0), (made.Recovery.Tail, made.Recovery.LastSequence));
        Assert.NotEqual(Headers()[0].StoreId, made.Recovery.StoreId);
    }

    [Fact]
    public async Task A_log_is_no_engine_and_an_engine_no_log()
    {
        await using (await _store.OpenAsync())
        {
        }

        WrongStoreKindException engine = await Assert.ThrowsAsync<WrongStoreKindException>(
            async () => await _store.OpenEngineAsync());
        Assert.Contains("storage engine", engine.Message, StringComparison.Ordinal);
        MemoryStore other = new();
        await using (await other.OpenEngineAsync())
        {
        }

        await Assert.ThrowsAsync<WrongStoreKindException>(async () => await other.OpenAsync());
        await Assert.ThrowsAsync<WrongStoreKindException>(
            async () => await other.OpenAsync(o => o with { ReadOnly = true }));
    }

    [Fact]
    public async Task Temporary_files_of_its_own_are_swept_and_other_names_left_alone()
    {
        await using (await _store.OpenAsync())
        {
        }

        string temp = FileNames.NewTemp(FileNames.IndexSnapshot(5));
        _store.Write(temp, [1]);
        _store.Write("notes.txt", [1]);
        await using WriteAheadLog log = await _store.OpenAsync();
        Assert.Equal(["notes.txt"], log.Recovery.ForeignFiles);
        await Eventually.IsTrueAsync(() => !_store.Names.Contains(temp), "the file is swept");
        Assert.Contains("notes.txt", _store.Names);
    }

    [Fact]
    public async Task A_full_disk_at_opening_is_met_with_the_space_of_spares()
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            log.Append([1]);
        }

        byte[] spare = new byte[Block];
        Guid owner = Headers()[0].StoreId;
        SpareHeader.Write(spare, 0x800, owner);
        _store.Write(FileNames.Segment(0x800), spare);
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        hooks.Before = (operation, path) =>
        {
            if (operation == "create"
                && path.EndsWith(".seg", StringComparison.Ordinal)
                && _store.Names.Contains(FileNames.Segment(0x800)))
            {
                throw new StorageFullException(path, "the test says so");
            }
        };
        await using (WriteAheadLog log = await hooked.OpenAsync())
        {
            Assert.Equal(1, log.Recovery.LastSequence);
            Assert.DoesNotContain(FileNames.Segment(0x800), _store.Names);
        }

        hooks.Before = (operation, path) =>
        {
            if (operation == "create" && path.EndsWith(".seg", StringComparison.Ordinal))
            {
                throw new StorageFullException(path, "the test says so");
            }
        };
        await Assert.ThrowsAsync<StorageFullException>(async () => await hooked.OpenAsync());
        hooks.Before = null;
        await using WriteAheadLog again = await hooked.OpenAsync();
        Assert.Equal(1, again.Recovery.LastSequence);
    }

    [Theory]
    [InlineData("sync directory")]
    [InlineData("sync")]
    [InlineData("write")]
    [InlineData("read")]
    [InlineData("list")]
    [InlineData("rename")]
    [InlineData("create")]
    [InlineData("open")]
    public async Task A_call_that_fails_at_opening_is_its_own_error_and_a_retry_works(string call)
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            SmallLogs.Append(log, 3, 100);
        }

        MemoryStore copy = _store.Copy();
        (MemoryStore hooked, HookedFileSystem hooks) = copy.Hooked();
        hooks.FailOn = call;
        StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
            async () => await hooked.OpenAsync());
        Assert.Equal(Errno.Io, error.ErrorNumber);
        hooks.FailOn = null;
        await using WriteAheadLog again = await hooked.OpenAsync();
        Assert.Equal(3, again.Recovery.LastSequence);
        Assert.Equal(3, LogContents.Read(again).Count);
    }

    [Fact]
    public async Task The_order_of_an_opening_is_lock_directory_tail_manifest_segment()
    {
        MemoryStore killed = await KillAsync(records: 2);
        string head = killed.Segments[^1];
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        await using WriteAheadLog log = await hooked.OpenAsync();
        string created = killed.Segments[^1];
        string[] expected =
        [
            "lock LOCK", "lock READERS", "sync directory store", "open manifest-a", "list store",
            $"sync {head}", $"open {head}", "rename", $"create {created}", $"sync {created}",
        ];
        int at = -1;
        foreach (string step in expected)
        {
            int next = hooks.Journal.FindIndex(
                at + 1, entry => entry.StartsWith(step, StringComparison.Ordinal));
            Assert.True(next > at, $"{step} is missing after {at}: {string.Join(", ", hooks.Journal)}");
            at = next;
        }
    }

    /// <summary>A log of records in a group each, as a kill leaves it.</summary>
    private async Task<MemoryStore> KillAsync(int records)
    {
        await using WriteAheadLog log = await _store.OpenAsync();
        SmallLogs.Append(log, records, 100);
        return _store.Copy();
    }

    private List<SegmentHeader> Headers() => _store.HeadersOf();
}
