using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Running;
using LogEngine.Storage;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;
using LogEngine.Unit.Telemetry;

namespace LogEngine.Unit.Recovery;

/// <summary>What must happen before what around a running log, and what is told of it.</summary>
public sealed class LifetimeOrderTests
{
    private static readonly WriteAheadLogOptions Small =
        SmallLogs.Options() with { SpareSegments = 0 };

    private readonly MemoryStore _store = new();

    [Fact]
    public async Task A_clock_that_stands_still_does_not_keep_a_second_opening_waiting()
    {
        await using WriteAheadLog first = await _store.OpenAsync();
        await Assert.ThrowsAsync<DirectoryLockedException>(() => _store.OpenAsync(o => o with
        {
            TimeProvider = new ManualTime(),
            LockTimeout = TimeSpan.Zero,
        }).Soon());
    }

    [Fact]
    public async Task The_last_segment_is_freed_only_once_its_successor_durably_holds_a_record()
    {
        await using (WriteAheadLog made = await _store.OpenAsync())
        {
            SmallLogs.Append(made, 20, 3000);
        }

        await using WriteAheadLog log = await _store.OpenAsync();
        string last = FileNames.Segment(_store.HeadersOf().OrderBy(h => h.SegmentId)
            .ElementAt(^2).FileNumber);
        await log.TruncateBeforeAsync(21).Soon();
        Assert.Equal((21, 20, 2), (log.FirstSequence, log.LastSequence, log.Statistics.Segments));
        Assert.Contains(last, _store.Names);
        Assert.Equal(21, log.Append([1]));
        await log.TruncateBeforeAsync(22).Soon();
        Assert.Equal(1, log.Statistics.Segments);
        await Eventually.IsTrueAsync(() => !_store.Names.Contains(last), "its file is freed");
    }

    [Fact]
    public async Task Where_there_is_nothing_to_truncate_no_manifest_is_written()
    {
        LogLifetime log = await OpenAsync(_store);
        ulong generation = Generation();
        await log.TruncateBeforeAsync(1, default).Soon();
        Assert.Equal(generation, Generation());
        await log.CloseAsync();
    }

    [Fact]
    public async Task Once_closed_it_changes_no_manifest_any_more_and_keeps_nobody_waiting()
    {
        LogLifetime log = await OpenAsync(_store);
        await log.CloseAsync().Soon();
        ulong generation = Generation();
        for (int i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<ObjectDisposedException>(
                () => log.TruncateBeforeAsync(1, default).Soon());
            await Assert.ThrowsAsync<ObjectDisposedException>(
                () => log.RetainAsync([new ManifestSnapshot(7, 0)]).Soon());
            await Assert.ThrowsAsync<ObjectDisposedException>(
                () => log.FreeAsync(new HashSet<Segment>()).Soon());
        }

        Assert.Equal(generation, Generation());
    }

    [Fact]
    public async Task Whoever_follows_a_log_is_told_when_it_is_closed()
    {
        WriteAheadLog log = await _store.OpenAsync();
        SmallLogs.Append(log, 3, 100);
        await using LogReader reader = log.OpenReader(4, new LogReaderOptions { Follow = true });
        Task<bool> waiting = reader.WaitToReadAsync().AsTask();
        Assert.False(waiting.IsCompleted);
        await log.CloseAsync();
        Assert.False(await waiting.Soon());
    }

    [Fact]
    public async Task The_newest_listed_segment_is_never_freed()
    {
        LogLifetime log = await OpenAsync(_store);
        await FillAsync(log);
        IReadOnlyList<Segment> segments = log.Writer.View.Map.Segments;
        ulong generation = Generation();
        foreach (HashSet<Segment> freed in (HashSet<Segment>[])
            [[segments[^1]], [segments[0], segments[^1]], [.. segments]])
        {
            InvalidOperationException refused =
                await Assert.ThrowsAsync<InvalidOperationException>(
                    () => log.FreeAsync(freed).Soon());
            Assert.Contains("newest listed", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(generation, Generation());
        Assert.Equal(segments.Count, log.Writer.Statistics.Segments);
        await log.FreeAsync(new HashSet<Segment> { segments[0], segments[1] }).Soon();
        Assert.Equal(segments.Count - 2, log.Writer.Statistics.Segments);
        Assert.True(Load().Newest!.AnythingFreed && Load().Older!.AnythingFreed);
        await log.CloseAsync();
    }

    [Fact]
    public async Task A_faulted_log_frees_nothing()
    {
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        LogLifetime log = await OpenAsync(hooked);
        await FillAsync(log);
        Segment oldest = log.Writer.View.Map.Segments[0];
        hooks.FailOn = "write";
        Assert.Throws<StorageFaultedException>(
            () => log.Writer.Appender.Append(new byte[10], Durability.PowerLoss));
        hooks.FailOn = null;
        await Assert.ThrowsAsync<StorageFaultedException>(
            () => log.FreeAsync(new HashSet<Segment> { oldest }).Soon());
        Assert.False(Load().Newest!.AnythingFreed);
        await Assert.ThrowsAsync<StorageFaultedException>(() => log.CloseAsync().Soon());
    }

    [Fact]
    public async Task A_full_disk_at_freeing_is_met_with_the_space_of_spares()
    {
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        LogLifetime log = await OpenAsync(hooked, Small with { SpareSegments = 2 });
        await FillAsync(log);
        Segment[] segments = [.. log.Writer.View.Map.Segments];
        await log.FreeAsync(new HashSet<Segment> { segments[0] }).Soon();
        await Eventually.IsTrueAsync(
            () => log.Writer.Statistics.SpareSegments > 0, "there is a spare");
        int refused = 0;
        hooks.Before = (operation, path) =>
        {
            if (operation == "create" && path.Contains("manifest", StringComparison.Ordinal)
                && Interlocked.Increment(ref refused) == 1)
            {
                throw new StorageFullException(path, "the test says so");
            }
        };
        await log.FreeAsync(new HashSet<Segment> { segments[1] }).Soon();
        Assert.Equal(3, refused);
        Assert.Equal(segments.Length - 2, log.Writer.Statistics.Segments);
        Assert.DoesNotContain(
            Load().Newest!.Segments, s => s.SegmentId == segments[1].Header.SegmentId);
        hooks.Before = null;
        await log.CloseAsync();
    }

    [Fact]
    public async Task What_opening_freeing_and_closing_did_is_told_as_it_happens()
    {
        CollectedEvents events = new();
        LogLifetime log = await OpenAsync(_store, Small with { LoggerFactory = events });
        Assert.Contains(MemoryStore.Directory, Text(events, 10), StringComparison.Ordinal);
        Assert.False(events.Has(11));
        await FillAsync(log);
        Segment[] segments = [.. log.Writer.View.Map.Segments];
        await log.FreeAsync(new HashSet<Segment> { segments[0], segments[1] }).Soon();

        // What the log does by itself is told from a line of its own, in order.
        await Eventually.IsTrueAsync(() => events.Has(6), "freeing is told");
        Assert.EndsWith(
            $"the newest is {segments[1].Header.SegmentId}.",
            Text(events, 6),
            StringComparison.Ordinal);
        await log.CloseAsync();
        Assert.True(events.Has(14));
        Assert.False(events.Has(15));
    }

    [Fact]
    public async Task A_torn_tail_and_each_warning_are_told_once_and_damage_is_told_as_a_refusal()
    {
        LogLifetime log = await OpenAsync(_store);
        await FillAsync(log);
        MemoryStore killed = _store.Copy();
        await log.CloseAsync();
        killed.Flip(FileNames.ManifestA, 100);
        MemoryStore refused = killed.Copy();
        SegmentHeader head = killed.HeadersOf().MaxBy(h => h.SegmentId)!;
        byte[] torn = HandmadeStore.Group(head, 4096, head.FirstSequence);
        torn[^1] ^= 1;
        string name = FileNames.Segment(head.FileNumber);
        byte[] bytes = killed.Read(name);
        bytes.AsSpan(4096).Clear();
        torn.CopyTo(bytes.AsSpan(4096));
        killed.Write(name, bytes);
        CollectedEvents events = new();
        await (await OpenAsync(killed, Small with { LoggerFactory = events })).CloseAsync();
        Assert.Contains(name, Text(events, 11), StringComparison.Ordinal);
        Assert.Contains(FileNames.ManifestA, Text(events, 12), StringComparison.Ordinal);

        refused.Flip(FileNames.ManifestB, 100);
        events = new CollectedEvents();
        await Assert.ThrowsAsync<CorruptionException>(
            () => OpenAsync(refused, Small with { LoggerFactory = events }));
        Assert.True(events.Has(13));
        events = new CollectedEvents();
        await Assert.ThrowsAsync<StorageIOException>(() => OpenAsync(
            _store, Small with { LoggerFactory = events, IoMode = IoMode.Direct }));
        Assert.Empty(events.All);
    }

    [Fact]
    public async Task A_snapshot_that_was_skipped_is_told_by_the_engine_alone()
    {
        await using (EmbeddedEngine made = await _store.OpenEngineAsync())
        {
            await made.GetKeyspace("k").PutTextAsync("a", "1");
            await made.SnapshotAsync();
        }

        _store.Flip(_store.Snapshots[^1], -9);
        CollectedEvents events = new();
        await using EmbeddedEngine engine =
            await _store.OpenEngineAsync(o => o with { LoggerFactory = events });
        Assert.Contains(_store.Snapshots[^1], Text(events, 22), StringComparison.Ordinal);
        Assert.Single(events.All, e => e.Event.Id == 21);
        Assert.False(events.Has(12));
    }

    private static string Text(CollectedEvents events, int id) =>
        Assert.Single(events.All, e => e.Event.Id == id).Text;

    private static Task<LogLifetime> OpenAsync(
        MemoryStore store, WriteAheadLogOptions? options = null) => LogLifetime.OpenAsync(
            store.Environment, MemoryStore.Directory, options ?? Small, loader: null, default);

    /// <summary>Segments enough to free some.</summary>
    private static async Task FillAsync(LogLifetime log)
    {
        for (int i = 0; i < 60; i++)
        {
            await log.Writer.Appender.AppendAsync(
                new RecordParts(new byte[3000]), Durability.PowerLoss, default);
        }

        Assert.True(log.Writer.View.Map.Segments.Length > 3);
    }

    private ManifestLoad Load() =>
        new ManifestStore(_store.Files, MemoryStore.Directory).Load(forWriting: false);

    private ulong Generation() => Load().Newest!.Generation;
}
