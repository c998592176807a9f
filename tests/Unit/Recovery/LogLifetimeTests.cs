using LogEngine.Storage;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>What happens around a running log: lock, truncation, closing.</summary>
public sealed class LogLifetimeTests
{
    private readonly MemoryStore _store = new();

    [Fact]
    public async Task Without_permission_to_create_there_must_be_a_manifest()
    {
        static WriteAheadLogOptions Existing(WriteAheadLogOptions options) =>
            options with { CreateIfMissing = false };
        StorageNotFoundException missing = await Assert.ThrowsAsync<StorageNotFoundException>(
            async () => await _store.OpenAsync(Existing));
        Assert.Contains(MemoryStore.Directory, missing.Message, StringComparison.Ordinal);
        Assert.False(_store.Files.DirectoryExists(MemoryStore.Directory));

        _store.Files.CreateDirectory(MemoryStore.Directory);
        _store.Write("notes.txt", [1]);
        await Assert.ThrowsAsync<StorageNotFoundException>(async () => await _store.OpenAsync(Existing));
        Assert.Equal(["notes.txt"], _store.Names);

        await using (await _store.OpenAsync())
        {
        }

        foreach (string manifest in (string[])[FileNames.ManifestA, FileNames.ManifestB])
        {
            MemoryStore copy = _store.Copy();
            copy.Remove(manifest);
            await using WriteAheadLog log = await copy.OpenAsync(Existing);
            Assert.Equal(0, log.Recovery.LastSequence);
        }
    }

    [Fact]
    public async Task A_held_lock_is_waited_for_and_then_refused()
    {
        WriteAheadLog first = await _store.OpenAsync();
        await Assert.ThrowsAsync<DirectoryLockedException>(async () => await _store.OpenAsync());
        DirectoryLockedException locked = await Assert.ThrowsAsync<DirectoryLockedException>(
            async () => await _store.OpenAsync(o => o with
            {
                LockTimeout = TimeSpan.FromMilliseconds(50),
            }));
        Assert.Contains("another instance", locked.Message, StringComparison.Ordinal);

        Task<WriteAheadLog> waiting = _store.OpenAsync(o => o with
        {
            LockTimeout = TimeSpan.FromSeconds(30),
        }).AsTask();
        Assert.False(waiting.IsCompleted);
        await first.CloseAsync();
        await using WriteAheadLog second = await waiting.Soon();
        Assert.Equal(RecoveredTail.Sealed, second.Recovery.Tail);
    }

    [Fact]
    public async Task Waiting_for_a_lock_can_be_cancelled()
    {
        await using WriteAheadLog first = await _store.OpenAsync();
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(30));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await WriteAheadLog.OpenAsync(
                _store.Environment,
                MemoryStore.Directory,
                SmallLogs.Options() with { LockTimeout = TimeSpan.FromMinutes(5) },
                cancel.Token));
    }

    [Fact]
    public async Task Truncation_frees_whole_segments_and_is_in_both_manifests()
    {
        await using WriteAheadLog log = await _store.OpenAsync();
        SmallLogs.Append(log, 60, 3000);
        int before = log.Statistics.Segments;
        Assert.True(before > 3);
        long inSecond = _store.HeadersOf().OrderBy(h => h.SegmentId).ElementAt(1).FirstSequence + 1;
        await log.TruncateBeforeAsync(inSecond).Soon();
        Assert.Equal((inSecond, before - 1), (log.FirstSequence, log.Statistics.Segments));
        foreach (Manifest manifest in Manifests())
        {
            Assert.Equal(inSecond, manifest.LowWaterSequence);
            Assert.Equal(61, manifest.NextSequence);
            Assert.False(manifest.CleanlyClosed);
            Assert.DoesNotContain(manifest.Segments, s => s.LastSequence is > 0 and < 2);
            Assert.Equal(before - 1, manifest.Segments.Count);
        }

        // Behind what is truncated already there is nothing to do.
        ulong generation = Manifests().Max(m => m.Generation);
        await log.TruncateBeforeAsync(inSecond).Soon();
        await log.TruncateBeforeAsync(1).Soon();
        Assert.Equal(generation, Manifests().Max(m => m.Generation));

        await log.TruncateBeforeAsync(61).Soon();
        Assert.Equal((61, 60), (log.FirstSequence, log.LastSequence));
        Assert.Equal(61, log.Append([1]));
    }

    [Fact]
    public async Task A_full_disk_at_a_truncation_is_met_with_the_space_of_spares()
    {
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        await using WriteAheadLog log = await hooked.OpenAsync(o => o with { SpareSegments = 2 });
        SmallLogs.Append(log, 60, 3000);
        await log.TruncateBeforeAsync(40).Soon();
        await Eventually.IsTrueAsync(() => log.Statistics.SpareSegments > 0, "there is a spare");
        int refused = 0;
        hooks.Before = (operation, path) =>
        {
            if (operation == "create"
                && path.Contains("manifest", StringComparison.Ordinal)
                && Interlocked.Exchange(ref refused, 1) == 0)
            {
                throw new StorageFullException(path, "the test says so");
            }
        };
        await log.TruncateBeforeAsync(50).Soon();
        Assert.Equal((50, 1), (log.FirstSequence, refused));

        hooks.Before = (operation, path) =>
        {
            if (operation == "create" && path.Contains("manifest", StringComparison.Ordinal))
            {
                throw new StorageFullException(path, "the test says so");
            }
        };
        await Assert.ThrowsAsync<StorageFullException>(
            async () => await log.TruncateBeforeAsync(55).Soon());
        Assert.Equal(50, log.FirstSequence);
        hooks.Before = null;
        await log.TruncateBeforeAsync(55).Soon();
        Assert.Equal(55, log.FirstSequence);
    }

    [Fact]
    public async Task A_faulted_or_closed_log_truncates_nothing()
    {
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        WriteAheadLog log = await hooked.OpenAsync();
        SmallLogs.Append(log, 5, 100);
        hooks.FailOn = "write";
        Assert.Throws<StorageFaultedException>(() => log.Append([1]));
        hooks.FailOn = null;
        await Assert.ThrowsAsync<StorageFaultedException>(
            async () => await log.TruncateBeforeAsync(3).Soon());
        Assert.All(Manifests(), m => Assert.Equal(1, m.LowWaterSequence));
        await Assert.ThrowsAsync<StorageFaultedException>(async () => await log.CloseAsync());

        WriteAheadLog closed = await _store.OpenAsync();
        await closed.CloseAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await closed.TruncateBeforeAsync(3).Soon());
    }

    [Fact]
    public async Task Closing_says_so_in_the_manifest_and_frees_the_lock()
    {
        WriteAheadLog log = await _store.OpenAsync();
        SmallLogs.Append(log, 5, 100);
        await log.CloseAsync();
        await log.CloseAsync();
        Manifest newest = Manifests().MaxBy(m => m.Generation)!;
        Assert.True(newest.CleanlyClosed);
        ManifestSegment segment = Assert.Single(newest.Segments);
        Assert.Equal((1, 5, 7 * 4096), (
            segment.FirstSequence, segment.LastSequence, segment.EndOffset));
        Assert.Equal(6, newest.NextSequence);
        Assert.True(newest.NextFileNumber > segment.FileNumber);
        Assert.True(newest.NextSegmentId > segment.SegmentId);
        await using WriteAheadLog again = await _store.OpenAsync();
        Assert.Equal(RecoveredTail.Sealed, again.Recovery.Tail);
    }

    [Fact]
    public async Task A_closing_manifest_that_cannot_be_written_is_made_up_for_by_the_next_open()
    {
        (MemoryStore hooked, HookedFileSystem hooks) = _store.Hooked();
        WriteAheadLog log = await hooked.OpenAsync();
        SmallLogs.Append(log, 5, 100);
        hooks.FailOn = "rename";
        await log.CloseAsync();
        hooks.FailOn = null;
        Assert.All(Manifests(), m => Assert.False(m.CleanlyClosed));
        await using WriteAheadLog again = await hooked.OpenAsync();
        Assert.Equal((RecoveredTail.Sealed, 5), (again.Recovery.Tail, again.Recovery.LastSequence));
    }

    private IEnumerable<Manifest> Manifests()
    {
        ManifestLoad load =
            new ManifestStore(_store.Files, MemoryStore.Directory).Load(forWriting: false);
        Assert.Empty(load.Damages);
        return [load.Newest!, load.Older!];
    }
}
