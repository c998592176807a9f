using LogEngine.Format;
using LogEngine.Storage;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What an opening that changes nothing shows, says and refuses.</summary>
public sealed class ReadOnlyOpeningTests
{
    private const int Block = 4096;

    private readonly MemoryStore _store = new();

    [Fact]
    public async Task A_closed_log_is_shown_whole_and_nothing_is_left_open()
    {
        await using (WriteAheadLog log = await _store.OpenAsync())
        {
            SmallLogs.Append(log, 3, 100);
        }

        string[] before = [.. _store.Names];
        await using WriteAheadLog shown = await _store.ReadAsync();
        RecoveryReport report = shown.Recovery;
        Assert.Equal((RecoveredTail.Sealed, false), (report.Tail, report.TailNotMadeDurable));
        Assert.Equal((1, 3, 1), (report.FirstSequence, report.LastSequence, report.Segments));
        Assert.Equal((1, 0, 0), (report.TailGroups, report.DroppedBytes, report.DroppedGroups));
        Assert.Equal((null, -1, false), (report.CutFile, report.CutOffset, report.Ambiguous));
        Assert.Equal(
            (IoMode.Buffered, "opened read-only"), (report.IoMode, report.IoReason));
        Assert.Equal(("memory", Block), (report.FileSystem, report.Alignment));
        Assert.Equal(MemoryStore.Directory, report.Directory);
        Assert.Equal(_store.HeadersOf()[0].StoreId, report.StoreId);
        Assert.Equal(["look"], report.Steps.Select(s => s.Name));
        Assert.True(report.Duration >= report.Steps[0].Duration);
        Assert.Empty(report.Warnings);
        Assert.Equal(before, _store.Names);
    }

    [Fact]
    public async Task What_a_kill_left_is_shown_and_said_not_to_be_durable()
    {
        MemoryStore killed = await _store.KillAsync(3);
        await using WriteAheadLog shown = await killed.ReadAsync();
        RecoveryReport report = shown.Recovery;
        Assert.Equal((RecoveredTail.Clean, true), (report.Tail, report.TailNotMadeDurable));
        Assert.Equal((3, 3), (report.LastSequence, report.TailGroups));
        Assert.Equal(3, LogContents.Read(shown).Count);
    }

    [Fact]
    public async Task A_torn_end_is_said_and_left_as_it_is()
    {
        MemoryStore killed = await _store.KillAsync(3);
        string name = killed.Segments[^1];
        killed.Flip(name, (3 * Block) + GroupHeader.Size + 40);
        killed.Write("notes.txt", [1]);
        byte[] before = killed.Read(name);
        await using WriteAheadLog shown = await killed.ReadAsync();
        RecoveryReport report = shown.Recovery;
        Assert.Equal((RecoveredTail.Torn, 2, true), (
            report.Tail, report.LastSequence, report.TailNotMadeDurable));
        Assert.Equal((MemoryStore.PathOf(name), 3 * Block), (report.CutFile, report.CutOffset));
        Assert.Equal(
            (Block, 0, true), (report.DroppedBytes, report.DroppedGroups, report.Ambiguous));
        Assert.Equal(["notes.txt"], report.ForeignFiles);
        Assert.Equal(before, killed.Read(name));
    }

    [Fact]
    public async Task A_rotation_torn_in_its_header_is_reported_as_an_opening_for_writing_does()
    {
        MemoryStore killed = await _store.KillAsync(records: 2);
        SegmentHeader head = killed.HeadersOf().Single();
        SegmentHeader lost = HandmadeStore.After(head, head.SegmentId + 1, 3 * Block, 2) with
        {
            StoreId = head.StoreId,
        };
        byte[] file = new byte[4 * Block];
        HandmadeStore.Group(lost, Block, 3).CopyTo(file.AsSpan(Block));
        string name = FileNames.Segment(0x900);
        killed.Write(name, file);
        await using WriteAheadLog shown = await killed.ReadAsync();
        RecoveryReport report = shown.Recovery;
        Assert.Equal((RecoveredTail.Torn, 2), (report.Tail, report.LastSequence));
        Assert.Equal((MemoryStore.PathOf(name), 0), (report.CutFile, report.CutOffset));
        Assert.True(report.Ambiguous && report.TailNotMadeDurable);
        Assert.Equal(file, killed.Read(name));
    }

    [Fact]
    public async Task A_newest_segment_without_a_record_is_not_counted()
    {
        MemoryStore killed = await _store.KillAsync(records: 0);
        await using WriteAheadLog shown = await killed.ReadAsync();
        Assert.Equal((0, 0), (shown.LastSequence, shown.Recovery.Segments));
    }

    [Fact]
    public async Task Beside_a_writer_only_what_a_mark_attests_is_shown_and_news_come()
    {
        await using WriteAheadLog log = await _store.OpenAsync();
        SmallLogs.Append(log, 3, 100);
        await using WriteAheadLog shown = await _store.ReadAsync();
        RecoveryReport report = shown.Recovery;
        Assert.Equal((RecoveredTail.Clean, false), (report.Tail, report.TailNotMadeDurable));
        Assert.InRange(report.LastSequence, 2, 3);
        Assert.Equal((null, -1, false), (report.CutFile, report.CutOffset, report.Ambiguous));

        SmallLogs.Append(log, 60, 3000);
        using LogReader reader = shown.OpenReader(1, new LogReaderOptions { Follow = true });
        int read = 0;
        while (read < 62 && await reader.WaitToReadAsync().Soon())
        {
            while (reader.TryRead(out _))
            {
                read++;
            }
        }

        Assert.InRange(read, 62, 63);
    }

    [Fact]
    public async Task A_torn_end_beside_a_writer_is_its_own_affair()
    {
        MemoryStore killed = await _store.KillAsync(3);
        killed.Flip(killed.Segments[^1], (3 * Block) + GroupHeader.Size + 40);
        using IFileLock held = killed.Files.TryLock(
            MemoryStore.PathOf(FileNames.Lock), LockKind.Exclusive, create: true)!;
        await using WriteAheadLog shown = await killed.ReadAsync();
        RecoveryReport report = shown.Recovery;
        Assert.Equal((RecoveredTail.Clean, false), (report.Tail, report.TailNotMadeDurable));
        Assert.Equal(
            (0, 0, null, -1, false),
            (
                report.DroppedBytes,
                report.DroppedGroups,
                report.CutFile,
                report.CutOffset,
                report.Ambiguous));
    }

    [Fact]
    public async Task Without_a_store_there_is_nothing_to_show()
    {
        _store.Files.CreateDirectory(MemoryStore.Directory);
        StorageNotFoundException log =
            await Assert.ThrowsAsync<StorageNotFoundException>(() => _store.ReadAsync());
        Assert.Contains(
            $"no log in '{MemoryStore.Directory}'", log.Message, StringComparison.Ordinal);
        StorageNotFoundException engine = await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await _store.OpenEngineAsync(o => o with { ReadOnly = true }));
        Assert.Contains("no storage engine", engine.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Damage_is_refused_at_once_where_nobody_writes_and_looked_at_again_elsewhere()
    {
        MemoryStore killed = await _store.KillAsync(3);
        byte[] a = killed.Read(FileNames.ManifestA);
        killed.Flip(FileNames.ManifestA, 100);
        killed.Flip(FileNames.ManifestB, 100);
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        CorruptionException refused =
            await Assert.ThrowsAsync<CorruptionException>(() => hooked.ReadAsync());
        Assert.Equal(
            (MemoryStore.PathOf(FileNames.ManifestA), 0), (refused.Path, refused.Offset));
        Assert.Contains("no manifest is valid", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, hooks.Journal.Count(e => e == "open manifest-a"));

        using IFileLock held = killed.Files.TryLock(
            MemoryStore.PathOf(FileNames.Lock), LockKind.Exclusive, create: true)!;
        hooks.ClearJournal();
        await Assert.ThrowsAsync<CorruptionException>(() => hooked.ReadAsync());
        Assert.Equal(8, hooks.Journal.Count(e => e == "open manifest-a"));

        int looks = 0;
        hooks.Before = (operation, path) =>
        {
            if (operation == "open"
                && path.EndsWith(FileNames.ManifestA, StringComparison.Ordinal)
                && ++looks == 5)
            {
                killed.Write(FileNames.ManifestA, a);
            }
        };
        await using WriteAheadLog shown = await hooked.ReadAsync();
        Assert.Equal(5, looks);
    }

    [Fact]
    public async Task Readers_keep_files_from_being_recycled_where_there_is_a_file_for_that()
    {
        MemoryStore killed = await _store.KillAsync(3);
        string readers = MemoryStore.PathOf(FileNames.Readers);
        await using (await killed.ReadAsync())
        {
            Assert.Null(killed.Files.TryLock(readers, LockKind.Exclusive, create: false));
        }

        killed.Remove(FileNames.Readers);
        await using WriteAheadLog shown = await killed.ReadAsync();
        Assert.DoesNotContain(FileNames.Readers, killed.Names);
    }

    [Fact]
    public async Task A_directory_without_a_lock_file_never_had_a_writer()
    {
        MemoryStore killed = await _store.KillAsync(3);
        killed.Remove(FileNames.Lock);
        await using WriteAheadLog shown = await killed.ReadAsync();
        Assert.True(shown.Recovery.TailNotMadeDurable);
        Assert.Equal(3, shown.Recovery.LastSequence);
    }

    [Fact]
    public async Task An_engine_counts_what_it_has_and_does()
    {
        await using EmbeddedEngine engine = await _store.OpenEngineAsync();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int i = 0; i < 200; i++)
        {
            await keyspace.PutTextAsync($"{i % 5}", new string('x', 900));
        }

        EmbeddedStatistics filled = engine.Statistics;
        Assert.Equal((5, 0, 0, 0), (
            filled.Keys, filled.SnapshotsWritten, filled.RelocatedBytes, filled.SegmentsFreed));
        Assert.InRange(filled.LiveBytes, 5 * 900, filled.SegmentBytes - 1);
        Assert.True(filled.SegmentBytes > 200 * 900 && filled.IndexBytes > 0);
        Assert.Equal((0, null), (filled.OpenViews, filled.OldestViewSequence));
        Assert.True(filled.Log.RecordsAppended >= 200);

        using (EmbeddedReadView view = engine.OpenReadView())
        {
            await keyspace.PutTextAsync("6", "y");
            Assert.Equal(
                (1, view.Sequence),
                (engine.Statistics.OpenViews, engine.Statistics.OldestViewSequence));
        }

        long snapshot = await engine.SnapshotAsync();
        Assert.Equal(snapshot, engine.Statistics.SnapshotSequence);
        Assert.True(await engine.CompactAsync() > 0);
        EmbeddedStatistics compacted = engine.Statistics;
        Assert.True(compacted is { SnapshotsWritten: > 1, SegmentsFreed: > 0 });
        Assert.True(compacted.SegmentBytes < filled.SegmentBytes);
        Assert.Null(compacted.MaintenanceFailure);
        long hits = compacted.CacheHits;
        Assert.NotNull(await keyspace.TextAsync("6"));
        Assert.True(engine.Statistics.CacheHits + engine.Statistics.FileReads > hits);

        await using EmbeddedEngine shown =
            await _store.OpenEngineAsync(o => o with { ReadOnly = true });
        EmbeddedStatistics seen = shown.Statistics;
        Assert.Equal(6, seen.Keys);
        Assert.Equal(
            (0, 0, 0, null),
            (
                seen.SnapshotsWritten,
                seen.RelocatedBytes,
                seen.SegmentsFreed,
                seen.MaintenanceFailure));
        Assert.Equal(
            (shown.Recovery.SnapshotSequence, 0, null),
            (seen.SnapshotSequence, seen.OpenViews, seen.OldestViewSequence));
        Assert.InRange(seen.LiveBytes, 1, seen.SegmentBytes);
        Assert.True(seen.IndexBytes > 0);
        LogStatistics log = seen.Log;
        Assert.True(log is { Segments: > 0, SpareSegments: 0 });
        Assert.Equal(
            (0, 0, 0, 0),
            (log.RecordsAppended, log.PayloadBytes, log.GroupsWritten, log.BytesWritten));
        Assert.Equal(
            (0, 0, 0, 0, 0),
            (
                log.Syncs,
                log.UnpreparedGroups,
                log.BackPressureWaits,
                log.SegmentsStarted,
                log.SegmentsRecycled));
        Assert.NotNull(await shown.GetKeyspace("k").TextAsync("6"));
        Assert.True(shown.Statistics.FileReads > 0);
    }
}
