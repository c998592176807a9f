using System.Text;
using LogEngine.Testing;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>The public kit: an engine on a simulated disk, crashed by seed, judged by its oracle.</summary>
public sealed class EngineOracleTests
{
    [Fact]
    public void Every_crash_of_a_small_program_keeps_what_was_promised()
    {
        SimulatedDisk disk = new(seed: 3);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        EngineOracle oracle = new();
        int crashes = 0;
        disk.BeforeChange = _ =>
        {
            for (int seed = 0; seed < 4; seed++)
            {
                EnginePromise promise = oracle.Promise();
                SimulatedDisk crashed = disk.Crash(seed);
                EmbeddedEngine recovered = crashed.OpenEngine("/store");
                Assert.Null(promise.Violation(recovered));
                crashed.Run(() => recovered.CloseAsync().AsTask());
                crashes++;
            }
        };

        disk.Run(async () =>
        {
            EmbeddedKeyspace orders = engine.GetKeyspace("orders");
            Task<long> first = oracle.PutAsync(engine, orders, Key("1"), Key("one"));
            Task<long> second = oracle.PutAsync(
                engine, orders, Key("2"), Key("two"), Durability.ProcessCrash);
            await Task.WhenAll(first, second);
            long version = await first;
            WriteBatch batch = engine.CreateBatch();
            batch.Delete(orders, Key("1"));
            batch.Put(engine.GetKeyspace("done"), Key("1"), new byte[3000]);
            batch.RequireVersion(orders, Key("1"), version);
            Assert.True((await oracle.TryCommitAsync(engine, batch)).Applied);
            await oracle.DeleteAsync(engine, orders, Key("2"));
            await engine.SnapshotAsync();
            Assert.True(await oracle.DropKeyspaceAsync(engine, "orders"));
            await engine.CompactAsync();
        });
        Assert.True(crashes > 100, $"only {crashes} crashes");

        disk.BeforeChange = null;
        disk.KillProcess();
        EmbeddedEngine again = disk.OpenEngine("/store");
        Assert.Null(oracle.Promise().Violation(again));
        oracle.Reopened(again);
        Assert.Equal(["done"], again.ListKeyspaces());
    }

    [Fact]
    public void A_lost_write_and_one_too_many_are_seen()
    {
        SimulatedDisk disk = new(seed: 4);
        EmbeddedEngine engine = disk.OpenEngine("/store");
        EngineOracle oracle = new();
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        disk.Run(async () => await oracle.PutAsync(engine, keyspace, Key("a"), Key("1")));
        Assert.Null(oracle.Promise().Violation(engine));

        // Behind the oracle's back: a value it does not know, and one that is gone.
        disk.Run(async () => await keyspace.PutAsync(Key("b"), Key("2")));
        Assert.Contains("O3", oracle.Promise().Violation(engine), StringComparison.Ordinal);
        disk.Run(async () => await keyspace.DeleteAsync(Key("b")));
        Assert.Null(oracle.Promise().Violation(engine));
        disk.Run(async () => await keyspace.DeleteAsync(Key("a")));
        Assert.Contains("O2", oracle.Promise().Violation(engine), StringComparison.Ordinal);
    }

    private static byte[] Key(string text) => Encoding.UTF8.GetBytes(text);
}
