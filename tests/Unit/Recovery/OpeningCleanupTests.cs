using System.Buffers;
using System.Text;
using LogEngine.Running;
using LogEngine.Storage;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>Whichever call fails, nothing stays open or locked; nor after closing.</summary>
public sealed class OpeningCleanupTests
{
    private const int Block = 4096;

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Whichever_call_fails_at_opening_or_closing_nothing_stays_open_or_locked(
        bool engine, bool readOnly)
    {
        MemoryStore killed = engine ? await KilledEngineAsync() : await KilledLogAsync();
        int failed = 0;
        for (int call = 0; ; call++)
        {
            Assert.True(call < 1000, "opening comes to no end");
            (MemoryStore store, HookedFileSystem hooks) = killed.Copy().Hooked();
            int left = call;
            hooks.Before = (operation, path) =>
            {
                if (Interlocked.Decrement(ref left) < 0)
                {
                    throw new StorageIOException(operation, path, Errno.Io, "the test says so");
                }
            };
            failed += await OpensAsync(store, engine, readOnly) ? 0 : 1;
            if (Volatile.Read(ref left) >= 0)
            {
                break;
            }

            Assert.True(
                (hooks.OpenFiles, hooks.HeldLocks) == (0, 0),
                $"{hooks.OpenFiles} files and {hooks.HeldLocks} locks after call {call}, "
                + hooks.Journal[^1]);
        }

        Assert.True(failed > 10, $"{failed}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Once_an_engine_is_closed_it_holds_no_file_no_lock_and_no_memory(bool readOnly)
    {
        (MemoryStore store, HookedFileSystem hooks) = (await KilledEngineAsync()).Hooked();
        if (readOnly)
        {
            ReadOnlyEngine shown = ReadOnlyEngine.Open(
                store.Environment, MemoryStore.Directory, SmallEngine.Options);
            Assert.True(hooks.OpenFiles > 0);
            Assert.Equal(1, hooks.HeldLocks);
            shown.Close();
            shown.Close();
            Assert.True(shown.State.Index.IsDisposed);
            Assert.Throws<ObjectDisposedException>(() => shown.Reads.Pin());
        }
        else
        {
            EngineLifetime engine = await EngineLifetime.OpenAsync(
                store.Environment, MemoryStore.Directory, SmallEngine.Options, default);
            using (IFileLock? second = store.Files.TryLock(
                MemoryStore.PathOf(FileNames.Lock), LockKind.Exclusive, create: false))
            {
                Assert.Null(second);
            }

            Assert.True(hooks.OpenFiles > 0);
            Task closing = engine.CloseAsync();
            Assert.Same(closing, engine.CloseAsync());
            await closing.Soon();
            Assert.True(engine.State.Index.IsDisposed);
            Assert.Throws<ObjectDisposedException>(() => engine.Reads.Pin());
        }

        Assert.Equal((0, 0), (hooks.OpenFiles, hooks.HeldLocks));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_lets_whoever_still_reads_finish(bool readOnly)
    {
        (MemoryStore store, HookedFileSystem hooks) = (await KilledEngineAsync()).Hooked();
        EmbeddedEngine engine = await store.OpenEngineAsync(
            o => o with { ReadOnly = readOnly, CacheBytes = 0 });
        using ManualResetEventSlim reached = new();
        using ManualResetEventSlim go = new();
        hooks.Before = (operation, path) =>
        {
            if (operation == "read" && Thread.CurrentThread.Name == "reader")
            {
                reached.Set();
                go.Wait();
            }
        };
        string? value = null;
        Thread reader = new(() =>
        {
            ArrayBufferWriter<byte> bytes = new();
            engine.GetKeyspace("k").TryGet(SmallEngine.Bytes("0"), bytes, out _);
            value = Encoding.UTF8.GetString(bytes.WrittenSpan);
        })
        {
            Name = "reader",
        };
        reader.Start();
        reached.Wait();
        Task closing = Task.Run(async () => await engine.CloseAsync());
        await Task.Delay(100);
        Assert.False(closing.IsCompleted, "closed under a reader");
        go.Set();
        await closing.Soon();
        reader.Join();
        Assert.Equal(new string('x', 900), value);
        Assert.Equal((0, 0), (hooks.OpenFiles, hooks.HeldLocks));
    }

    private static async Task<bool> OpensAsync(MemoryStore store, bool engine, bool readOnly)
    {
        try
        {
            IAsyncDisposable opened = engine
                ? await store.OpenEngineAsync(o => o with { ReadOnly = readOnly })
                : await store.OpenAsync(o => o with { ReadOnly = readOnly });
            try
            {
                await opened.DisposeAsync();
            }
            catch (StorageFaultedException)
            {
                // A call that failed in the background, once it was open.
            }

            return true;
        }
        catch (StorageIOException)
        {
            return false;
        }
    }

    /// <summary>With what must be looked into to know whose it is.</summary>
    private static async Task<MemoryStore> KilledLogAsync()
    {
        MemoryStore store = new();
        await using WriteAheadLog log = await store.OpenAsync();
        SmallLogs.Append(log, 30, 3000);
        MemoryStore killed = store.Copy();
        killed.Write(FileNames.Segment(0x900), new byte[2 * Block]);
        return killed;
    }

    private static async Task<MemoryStore> KilledEngineAsync()
    {
        MemoryStore store = new();
        await using EmbeddedEngine engine = await store.OpenEngineAsync();
        for (int i = 0; i < 100; i++)
        {
            await engine.GetKeyspace("k").PutTextAsync($"{i % 7}", new string('x', 900));
            if (i == 50)
            {
                await engine.SnapshotAsync();
            }
        }

        return store.Copy();
    }
}
