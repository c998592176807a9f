using LogEngine.Log;
using LogEngine.Running;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Recovery;

/// <summary>
/// No call ever goes back to its caller's context: a caller that blocks its window until the call
/// has ended would wait for itself.
/// </summary>
public sealed class CallerContextTests
{
    [Fact]
    public Task Whatever_a_log_has_to_wait_for_it_goes_on_elsewhere() =>
        EachLateAsync(atLeast: 5, async (caller, store) =>
        {
            WriteAheadLog log = await caller.CallAsync(() => store.OpenAsync());
            await caller.CallAsync(() => log.AppendAsync(new byte[10]));
            LogBatch batch = new();
            batch.Add([1]);
            await caller.CallAsync(() => log.AppendBatchAsync(batch));
            await caller.CallAsync(() => log.FlushAsync());
            Assert.Equal(1, await caller.CallAsync(
                () => log.FindSequenceAsync(DateTimeOffset.MinValue)));
            await caller.CallAsync(() => log.TruncateBeforeAsync(2));
            LogReader reader = log.OpenReader(2);
            Assert.True(await caller.CallAsync(() => reader.WaitToReadAsync()));
            await caller.CallAsync(() => reader.DisposeAsync());
            await caller.CallAsync(() => log.CloseAsync());
            await caller.CallAsync(() => log.DisposeAsync());
            WriteAheadLog shown = await caller.CallAsync(
                () => store.OpenAsync(o => o with { ReadOnly = true }));
            Assert.Equal(2, shown.LastSequence);
            await caller.CallAsync(() => shown.DisposeAsync());
        });

    [Fact]
    public Task Whatever_an_engine_has_to_wait_for_it_goes_on_elsewhere() =>
        EachLateAsync(atLeast: 8, async (caller, store) =>
        {
            EmbeddedEngine engine = await caller.CallAsync(() => store.OpenEngineAsync());
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            byte[] key = SmallEngine.Bytes("a");
            await caller.CallAsync(() => keyspace.PutAsync(key, key));
            await caller.CallAsync(() => keyspace.PutAsync(SmallEngine.Bytes("b"), new byte[9000]));
            await caller.CallAsync(() => keyspace.PutIfAbsentAsync(key, key));
            WriteBatch batch = engine.CreateBatch();
            batch.Put(keyspace, SmallEngine.Bytes("c"), key);
            await caller.CallAsync(() => engine.CommitAsync(batch));
            Assert.True(await caller.CallAsync(() => keyspace.DeleteAsync(key)) > 0);
            (await caller.CallAsync(() => keyspace.GetAsync(SmallEngine.Bytes("b"))))!.Dispose();
            await caller.CallAsync(() => engine.FlushAsync());
            await caller.CallAsync(() => engine.SnapshotAsync());
            await caller.CallAsync(() => engine.CompactAsync());
            await caller.CallAsync(() => engine.BackupAsync("/backup"));
            Assert.True(await caller.CallAsync(() => engine.DropKeyspaceAsync("k")));
            await caller.CallAsync(() => engine.CloseAsync());
            await caller.CallAsync(() => engine.DisposeAsync());
            EmbeddedEngine shown = await caller.CallAsync(
                () => store.OpenEngineAsync(o => o with { ReadOnly = true }));
            Assert.Empty(shown.ListKeyspaces());
            await caller.CallAsync(() => shown.DisposeAsync());
        });

    [Fact]
    public async Task Whoever_waits_for_the_lock_goes_on_elsewhere()
    {
        CallerContext caller = new(late: -1);
        MemoryStore store = StoreOf(caller);
        WriteAheadLog first = await store.OpenAsync();
        Task<WriteAheadLog> waiting = caller.Start(() => store.OpenAsync(
            o => o with { LockTimeout = TimeSpan.FromSeconds(30) }).AsTask());
        Assert.False(waiting.IsCompleted);
        await first.CloseAsync();
        await using WriteAheadLog second = await waiting.Soon();
        Assert.Equal(0, caller.Asked);
    }

    [Fact]
    public async Task Whoever_waits_for_a_manifest_to_be_written_goes_on_elsewhere()
    {
        CallerContext caller = new(late: -1);
        (MemoryStore store, HookedFileSystem hooks) = StoreOf(caller).Hooked();
        EmbeddedEngine engine = await store.OpenEngineAsync();
        await engine.GetKeyspace("k").PutTextAsync("a", "1", Durability.PowerLoss);
        using ManualResetEventSlim reached = new();
        using ManualResetEventSlim go = new();
        hooks.Before = (operation, path) =>
        {
            if (operation == "create" && path.Contains("manifest", StringComparison.Ordinal))
            {
                reached.Set();
                go.Wait();
            }
        };
        Task<long> snapshot = Task.Run(async () => await engine.SnapshotAsync());
        reached.Wait();
        LogLifetime log = engine.Lifetime.Log;
        Task<ulong> looking = caller.Start(() => log.LookAsync(m => m.OpenEpoch));
        Task truncating = caller.Start(() => log.TruncateBeforeAsync(1, default));
        Task closing = caller.Start(() => engine.CloseAsync().AsTask());
        Assert.False(looking.IsCompleted || truncating.IsCompleted || closing.IsCompleted);
        hooks.Before = null;
        go.Set();
        Assert.Equal(1UL, await looking.Soon());
        await truncating.Soon();
        await closing.Soon();
        await snapshot.Soon();
        Assert.Equal(0, caller.Asked);
    }

    private static MemoryStore StoreOf(CallerContext caller) => new()
    {
        Environment = LogEnvironment.InMemory() with { Scheduler = caller },
    };

    /// <summary>As often as there is another piece of work that can end late.</summary>
    private static async Task EachLateAsync(
        int atLeast, Func<CallerContext, MemoryStore, Task> scene)
    {
        int late = 0;
        for (bool more = true; more; late++)
        {
            CallerContext caller = new(late);
            await scene(caller, StoreOf(caller));
            Assert.True(caller.Asked == 0, $"{caller.Asked} times, where {late} was late");
            more = caller.WasLate;
        }

        Assert.True(late > atLeast, $"{late}");
    }
}
