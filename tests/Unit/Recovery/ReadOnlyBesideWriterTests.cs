using LogEngine.Storage;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>When a read-only opening looks again, how often, and at what.</summary>
public sealed class ReadOnlyBesideWriterTests
{
    private readonly MemoryStore _store = new();

    [Fact]
    public async Task A_look_during_which_a_writer_comes_is_taken_again()
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        IFileLock? writer = null;
        hooks.Before = (operation, _) =>
        {
            if (operation == "list")
            {
                writer ??= Lock(killed);
            }
        };

        // Until it came, the last record was the tail of a dead writer: now it is its own.
        await using WriteAheadLog shown = await hooked.ReadAsync();
        Assert.Equal((2, false), (shown.LastSequence, shown.Recovery.TailNotMadeDurable));
        Assert.Equal(2, hooks.Journal.Count(e => e == "list store"));
        writer!.Dispose();
    }

    [Fact]
    public async Task Damage_met_while_a_writer_comes_may_be_its_doing_and_is_looked_at_again()
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        byte[] a = killed.Read(FileNames.ManifestA);
        killed.Flip(FileNames.ManifestA, 100);
        killed.Flip(FileNames.ManifestB, 100);
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        IFileLock? writer = null;
        hooks.Before = (operation, path) =>
        {
            if (operation == "open" && path == MemoryStore.PathOf(FileNames.ManifestB)
                && writer is null)
            {
                writer = Lock(killed);
                killed.Write(FileNames.ManifestA, a);
            }
        };
        await using WriteAheadLog shown = await hooked.ReadAsync();
        Assert.Equal(2, shown.LastSequence);
        writer!.Dispose();
    }

    [Theory]
    [InlineData(Errno.NotFound, 8)]
    [InlineData(Errno.Io, 1)]
    public async Task A_file_that_is_gone_is_looked_for_again_beside_a_writer_another_error_is_one(
        int errno, int looks)
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        using IFileLock writer = Lock(killed);
        int seen = 0;
        hooks.Before = (operation, path) =>
        {
            // Once it has been listed it is still there; then it is opened for its groups.
            if (operation == "read" && path.EndsWith(".seg", StringComparison.Ordinal)
                && ++seen % 2 == 0)
            {
                throw new StorageIOException(operation, path, errno, "the test says so");
            }
        };
        StorageIOException error =
            await Assert.ThrowsAsync<StorageIOException>(() => hooked.ReadAsync());
        Assert.Equal(errno, error.ErrorNumber);
        Assert.Equal(looks, hooks.Journal.Count(e => e == "list store"));
        Assert.Equal((0, 0), (hooks.OpenFiles, hooks.HeldLocks));
    }

    [Theory]
    [InlineData(true, 8)]
    [InlineData(false, 1)]
    public async Task An_engine_whose_snapshots_stay_away_is_given_up_after_some_looks(
        bool besideWriter, int looks)
    {
        MemoryStore killed = await KillCompactedAsync();
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        hooks.Before = (operation, path) =>
        {
            if (operation == "open" && path.EndsWith(".snap", StringComparison.Ordinal))
            {
                throw new StorageIOException(operation, path, Errno.NotFound, "the test says so");
            }
        };
        using IFileLock? writer = besideWriter ? Lock(killed) : null;
        await Assert.ThrowsAsync<CorruptionException>(async () =>
            await hooked.OpenEngineAsync(o => o with { ReadOnly = true }));
        Assert.Equal(looks, hooks.Journal.Count(e => e == "lock READERS"));
        Assert.Equal((0, 0), (hooks.OpenFiles, hooks.HeldLocks));
    }

    [Theory]
    [InlineData(".snap")]
    [InlineData(".seg")]
    public async Task An_engine_that_its_writer_changes_is_shown_at_a_later_look(string part)
    {
        MemoryStore killed = await KillCompactedAsync();
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        bool loaded = false;
        int failed = 0;
        hooks.Before = (operation, path) =>
        {
            loaded |= path.EndsWith(".snap", StringComparison.Ordinal);
            if (loaded && operation == "open" && failed < 1
                && path.EndsWith(part, StringComparison.Ordinal))
            {
                failed++;
                loaded = false;
                throw new StorageIOException(operation, path, Errno.NotFound, "the test says so");
            }
        };
        using IFileLock writer = Lock(killed);
        EmbeddedEngine shown = await hooked.OpenEngineAsync(o => o with { ReadOnly = true });
        Assert.Equal(5, shown.GetKeyspace("k").Count);
        Assert.Equal(1, failed);
        Assert.InRange(hooks.Journal.Count(e => e == "lock READERS"), 1, 2);
        await shown.CloseAsync();
        Assert.Equal((0, 0), (hooks.OpenFiles, hooks.HeldLocks));
    }

    [Fact]
    public async Task A_file_for_readers_that_stays_taken_is_an_error_that_says_by_whom()
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        using IFileLock taken = killed.Files.TryLock(
            MemoryStore.PathOf(FileNames.Readers), LockKind.Exclusive, create: false)!;
        DirectoryLockedException locked = await Assert.ThrowsAsync<DirectoryLockedException>(
            () => killed.ReadAsync().Soon());
        Assert.Contains("holds READERS exclusively", locked.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_for_readers_that_is_taken_for_a_moment_is_waited_for()
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        IFileLock taken = killed.Files.TryLock(
            MemoryStore.PathOf(FileNames.Readers), LockKind.Exclusive, create: false)!;
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        int tries = 0;
        hooks.Before = (operation, _) =>
        {
            if (operation == "lock" && ++tries == 5)
            {
                taken.Dispose();
            }
        };
        await using WriteAheadLog shown = await hooked.ReadAsync();
        Assert.Equal((3, 5), (shown.LastSequence, tries));
    }

    [Fact]
    public async Task What_a_manifest_names_is_shown_beside_a_writer_and_nothing_after_it()
    {
        WriteAheadLog log = await _store.OpenAsync();
        SmallLogs.Append(log, 3, 100);
        await log.TruncateBeforeAsync(2);
        MemoryStore named = _store.Copy();
        log.Append([4]);
        log.Append([5]);
        MemoryStore marked = _store.Copy();
        await log.CloseAsync();

        // The manifest of the truncation says 3; the mark of the last group says 4.
        foreach ((MemoryStore store, long last) in (
            (MemoryStore, long)[])[(named, 3), (marked, 4)])
        {
            using IFileLock writer = Lock(store);
            await using WriteAheadLog shown = await store.ReadAsync();
            Assert.Equal(last, shown.LastSequence);
        }
    }

    [Fact]
    public async Task Behind_what_a_manifest_names_a_group_without_a_later_one_is_not_shown()
    {
        WriteAheadLog log = await _store.OpenAsync();
        SmallLogs.Append(log, 3, 100);
        await log.TruncateBeforeAsync(2);
        log.Append([4]);
        MemoryStore killed = _store.Copy();
        await log.CloseAsync();
        using IFileLock writer = Lock(killed);
        await using WriteAheadLog shown = await killed.ReadAsync();
        Assert.Equal(3, shown.LastSequence);
    }

    [Fact]
    public async Task A_store_that_has_no_segment_yet_shows_nothing()
    {
        await using (await _store.OpenAsync())
        {
        }

        _store.Remove(_store.Segments.Single());
        await using WriteAheadLog shown = await _store.ReadAsync();
        Assert.Equal((1, 0, 0), (shown.FirstSequence, shown.LastSequence, shown.Recovery.Segments));
        Assert.Empty(LogContents.Read(shown));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_log_that_may_be_written_past_the_cache_is_read_past_it(bool closed)
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        MemoryStore store = closed ? _store : killed;
        (MemoryStore hooked, HookedFileSystem hooks) = Direct(store);
        await using WriteAheadLog shown = await hooked.ReadAsync();
        Assert.Equal(3, LogContents.Read(shown).Count);
        Assert.Equal(closed ? RecoveredTail.Sealed : RecoveredTail.Clean, shown.Recovery.Tail);
        AssertReadPastCache(hooks, store.Segments[^1]);
    }

    [Fact]
    public async Task An_engine_that_may_be_written_past_the_cache_is_read_past_it()
    {
        MemoryStore killed = await KillCompactedAsync();
        (MemoryStore hooked, HookedFileSystem hooks) = Direct(killed);
        await using EmbeddedEngine shown =
            await hooked.OpenEngineAsync(o => o with { ReadOnly = true, CacheBytes = 0 });
        Assert.Equal(5, shown.GetKeyspace("k").Contents().Count);

        // The newest segment, whichever file that is: a file that was freed is used again.
        string past = Assert.Single(hooks.Journal
            .Where(e => e.StartsWith("direct ", StringComparison.Ordinal))
            .Distinct())["direct ".Length..];
        Assert.Contains(past, killed.Segments);
        AssertReadPastCache(hooks, past);
    }

    [Fact]
    public async Task Whoever_waits_for_records_is_told_when_a_read_only_log_is_closed()
    {
        MemoryStore killed = await _store.KillAsync(records: 3);
        (MemoryStore hooked, HookedFileSystem hooks) = killed.Hooked();
        WriteAheadLog shown = await hooked.ReadAsync();
        LogReader reader = shown.OpenReader(4, new LogReaderOptions { Follow = true });
        Task<bool> waiting = reader.WaitToReadAsync().AsTask();
        await shown.CloseAsync();
        Assert.False(await waiting.Soon());
        await reader.DisposeAsync();
        Assert.Equal((0, 0), (hooks.OpenFiles, hooks.HeldLocks));
    }

    private static (MemoryStore Store, HookedFileSystem Hooks) Direct(MemoryStore store) =>
        store.Hooked(new StorageFacts("hooked", true, null, 4096, 4096));

    /// <summary>All but its header, and nothing was tried out, which would write.</summary>
    private static void AssertReadPastCache(HookedFileSystem hooks, string head)
    {
        int opened = hooks.Journal.Count(e => e == $"open {head}");
        Assert.True(opened >= 2, $"{opened}");
        Assert.Equal(opened - 1, hooks.Journal.Count(e => e == $"direct {head}"));
        Assert.Equal(
            ["probe store"],
            hooks.Journal.Where(e => e.StartsWith("probe", StringComparison.Ordinal)));
    }

    private static IFileLock Lock(MemoryStore store) => store.Files.TryLock(
        MemoryStore.PathOf(FileNames.Lock), LockKind.Exclusive, create: true)!;

    /// <summary>An engine that needs its snapshots, since segments were freed.</summary>
    private async Task<MemoryStore> KillCompactedAsync()
    {
        await using EmbeddedEngine engine = await _store.OpenEngineAsync();
        for (int i = 0; i < 200; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync($"{i % 5}", new string('x', 900));
        }

        Assert.True(await engine.CompactAsync() > 0, "nothing was freed");
        await engine.GetKeyspace("k").PutTextAsync("0", "after the snapshot");
        return _store.Copy();
    }
}
