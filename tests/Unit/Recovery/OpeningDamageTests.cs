using LogEngine.Format;
using LogEngine.Storage;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What an opening refuses, and what it says then.</summary>
public sealed class OpeningDamageTests
{
    private const int Block = 4096;

    private readonly MemoryStore _store = new();

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_header_that_the_disk_has_otherwise_than_the_cache_is_believed_as_on_disk(
        bool otherId, bool otherSalt)
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        string name = killed.Segments[^1];
        byte[] onDisk = killed.Read(name);
        SegmentHeader header = killed.HeadersOf().Single();
        byte[] cached = [.. onDisk];
        SegmentHeader shown = header with
        {
            SegmentId = header.SegmentId + (otherId ? 1UL : 0),
            Salt = header.Salt + (otherSalt ? 1UL : 0),
        };
        shown.Write(cached);
        killed.Write(name, cached);
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        hooks.Before = (operation, path) =>
        {
            if (operation == "sync" && path == MemoryStore.PathOf(name))
            {
                Put(killed, name, onDisk.AsSpan(0, Block));
            }
        };
        await using WriteAheadLog log = await hooked.OpenAsync();
        Assert.Equal((RecoveredTail.Clean, 3), (log.Recovery.Tail, log.Recovery.LastSequence));
        List<string> journal = hooks.Journal;
        int sync = journal.IndexOf($"sync {name}");
        Assert.Equal([$"sync {name}", $"drop {name}"], journal.Skip(sync).Take(2));
    }

    [Fact]
    public async Task A_header_that_is_another_one_at_each_reading_is_damage()
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        string name = killed.Segments[^1];
        SegmentHeader header = killed.HeadersOf().Single();
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        hooks.Before = (operation, path) =>
        {
            if (operation == "sync" && path == MemoryStore.PathOf(name))
            {
                byte[] block = killed.Read(name)[..Block];
                header = header with { Salt = header.Salt + 1 };
                header.Write(block);
                Put(killed, name, block);
            }
        };
        CorruptionException refused = await Assert.ThrowsAsync<CorruptionException>(
            () => hooked.OpenAsync().Soon());
        Assert.Equal((MemoryStore.PathOf(name), 0), (refused.Path, refused.Offset));
        Assert.Contains("changes on reading", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_vanishes_while_it_is_listed_is_an_error()
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        string name = FileNames.Segment(0x900);
        killed.Write(name, new byte[Block]);
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        hooks.Before = (operation, path) =>
        {
            if (operation == "open" && path == MemoryStore.PathOf(name))
            {
                killed.Files.Unlink(path);
            }
        };
        StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
            async () => await hooked.OpenAsync());
        Assert.Equal(Errno.NotFound, error.ErrorNumber);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whole_groups_behind_a_torn_one_that_none_attests_are_counted(bool readOnly)
    {
        MemoryStore killed = await _store.KillAsync(records: 1);
        SegmentHeader header = killed.HeadersOf().Single();
        byte[] torn = HandmadeStore.Group(header, 2 * Block, 2);
        torn[^1] ^= 1;
        string name = killed.Segments[^1];
        Put(killed, name, torn, 2 * Block);
        Put(killed, name, HandmadeStore.Group(header, 3 * Block, 3), 3 * Block);
        Put(killed, name, HandmadeStore.Group(header, 4 * Block, 4), 4 * Block);
        await using WriteAheadLog log = await killed.OpenAsync(o => o with { ReadOnly = readOnly });
        RecoveryReport report = log.Recovery;
        Assert.Equal((RecoveredTail.Torn, 1), (report.Tail, report.LastSequence));
        Assert.Equal((2, 3 * Block), (report.DroppedGroups, report.DroppedBytes));
        Assert.Equal((MemoryStore.PathOf(name), 2 * Block), (report.CutFile, report.CutOffset));
    }

    [Fact]
    public async Task Beside_a_writer_nothing_is_said_to_be_dropped()
    {
        MemoryStore killed = await _store.KillAsync(records: 1);
        SegmentHeader header = killed.HeadersOf().Single();
        Put(
            killed,
            killed.Segments[^1],
            HandmadeStore.Group(header, 3 * Block, 3),
            3 * Block);
        using IFileLock held = killed.Files.TryLock(
            MemoryStore.PathOf(FileNames.Lock), LockKind.Exclusive, create: true)!;
        await using WriteAheadLog beside = await killed.ReadAsync();
        Assert.Equal(
            (RecoveredTail.Clean, 0, 0),
            (beside.Recovery.Tail, beside.Recovery.DroppedGroups, beside.Recovery.DroppedBytes));
    }

    [Fact]
    public async Task A_file_outside_that_attests_more_is_damage_to_a_reader_too_unless_one_writes()
    {
        MemoryStore killed = await _store.KillAsync(records: 2);
        SegmentHeader lost = HandmadeStore.Root(killed.HeadersOf().Single().SegmentId + 1, 3);
        byte[] file = new byte[4 * Block];
        DurableMark mark = new(lost.SegmentId, Block, 3);
        HandmadeStore.Group(lost, Block, 4, mark: mark).CopyTo(file.AsSpan(Block));
        killed.Write(FileNames.Segment(0x900), file);
        await Assert.ThrowsAsync<CorruptionException>(() => killed.ReadAsync());
        using IFileLock held = killed.Files.TryLock(
            MemoryStore.PathOf(FileNames.Lock), LockKind.Exclusive, create: true)!;
        await using WriteAheadLog beside = await killed.ReadAsync();
        Assert.Equal(1, beside.LastSequence);
    }

    [Fact]
    public async Task Each_damaged_manifest_is_named_where_none_is_valid()
    {
        MemoryStore killed = await _store.KillAsync(records: 1);
        killed.Flip(FileNames.ManifestA, 100);
        killed.Flip(FileNames.ManifestB, 100);
        CorruptionException writing = await Assert.ThrowsAsync<CorruptionException>(
            async () => await killed.OpenAsync());
        CorruptionException reading = await Assert.ThrowsAsync<CorruptionException>(
            () => killed.ReadAsync());
        Assert.Equal(writing.Message, reading.Message);
        Assert.Matches($"{FileNames.ManifestA}.*; .*{FileNames.ManifestB}", reading.Message);
    }

    [Fact]
    public async Task Direct_mode_where_there_is_none_says_what_it_did_and_what_would_work()
    {
        StorageIOException refused = await Assert.ThrowsAsync<StorageIOException>(
            async () => await _store.OpenAsync(o => o with { IoMode = IoMode.Direct }));
        Assert.Contains("probe direct I/O in", refused.Message, StringComparison.Ordinal);
        Assert.Contains(
            "IoMode.Auto or IoMode.Buffered", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData(".seg")]
    public async Task Features_only_a_writer_must_know_keep_out_writers_not_readers(string part)
    {
        MemoryStore killed = await _store.KillAsync(records: 2);
        foreach (string name in killed.Names.Where(
            n => n.Contains(part, StringComparison.Ordinal)))
        {
            AddFeature(killed, name);
        }

        await using (WriteAheadLog shown = await killed.ReadAsync())
        {
            Assert.Equal(2, shown.LastSequence);
        }

        await Assert.ThrowsAsync<IncompatibleFormatException>(
            async () => await killed.OpenAsync());
    }

    /// <summary>
    /// A reader was once kept out as well: it loaded snapshots as if it were about to write.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Such_a_feature_of_a_snapshot_keeps_out_writers_not_readers(int which)
    {
        MemoryStore killed = await KillEngineAsync();
        AddFeature(killed, killed.Snapshots[which]);
        await using (EmbeddedEngine shown =
            await killed.OpenEngineAsync(o => o with { ReadOnly = true }))
        {
            Assert.Equal(2, shown.GetKeyspace("k").Count);
            Assert.Empty(shown.Recovery.SkippedSnapshots);
            Assert.True(shown.Recovery.SnapshotSequence > 0);
        }

        await Assert.ThrowsAsync<IncompatibleFormatException>(
            async () => await killed.OpenEngineAsync());
    }

    [Fact]
    public async Task An_unlisted_snapshot_of_a_newer_version_is_left_alone()
    {
        MemoryStore killed = await KillEngineAsync();
        string own = FileNames.IndexSnapshot(0x701);
        string newer = FileNames.IndexSnapshot(0x702);
        killed.Write(own, killed.Read(killed.Snapshots[0]));
        killed.Write(newer, killed.Read(killed.Snapshots[0]));
        AddFeature(killed, newer);
        await using EmbeddedEngine opened = await killed.OpenEngineAsync();
        await Eventually.IsTrueAsync(() => !killed.Names.Contains(own), "the other is removed");
        Assert.Contains(newer, killed.Names);
    }

    private static void AddFeature(MemoryStore store, string name)
    {
        byte[] bytes = store.Read(name);
        FileHeader.Read(bytes, forWriting: true, out FileHeader header);
        (header with { ReadOnlyCompatible = 4 }).Write(bytes);
        store.Write(name, bytes);
    }

    private static void Put(
        MemoryStore store, string name, ReadOnlySpan<byte> bytes, long offset = 0)
    {
        using IStorageFile file = store.Files.Open(MemoryStore.PathOf(name), OpenFlags.Write);
        file.Write(bytes, offset, dataSync: false);
    }

    private async Task<MemoryStore> KillEngineAsync()
    {
        await using EmbeddedEngine engine = await _store.OpenEngineAsync();
        await engine.GetKeyspace("k").PutTextAsync("a", "1");
        await engine.SnapshotAsync();
        await engine.GetKeyspace("k").PutTextAsync("b", "2");
        await engine.SnapshotAsync();
        return _store.Copy();
    }
}
