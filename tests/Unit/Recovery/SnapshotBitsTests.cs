using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Recovery;

/// <summary>
/// Case G1: one flipped bit in the newest snapshot, behind the part of it that had been loaded, and
/// opening threw a NullReferenceException: what the first try had left in the segments was met by the
/// second. Whatever bit it is, the one before it is loaded, and the report says so.
/// </summary>
[Trait("Speed", "slow")]
public sealed class SnapshotBitsTests
{
    private const int Keys = 6;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Any_bit_of_the_newest_snapshot_leads_to_the_one_before(bool readOnly)
    {
        MemoryStore store = await WithSnapshotsAsync(3, keys: Keys);
        string newest = store.Snapshots[^1];
        byte[] whole = store.Read(newest);
        Assert.InRange(whole.Length, 300, 3000);

        // Every bit, read-only; opening for writing costs more, and goes the same way.
        int step = readOnly ? 1 : 7;
        for (int bit = 0; bit < whole.Length * 8; bit += step)
        {
            await AssertFallsBackAsync(store, [newest], bit, readOnly, Keys);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bits_of_two_snapshots_lead_to_the_third(bool readOnly)
    {
        MemoryStore store = await WithSnapshotsAsync(3, keys: Keys);
        string[] newest = [.. store.Snapshots.Skip(1)];
        int bits = Math.Min(store.Read(newest[0]).Length, store.Read(newest[1]).Length) * 8;
        for (int bit = 0; bit < bits; bit += 13)
        {
            await AssertFallsBackAsync(store, newest, bit, readOnly, Keys);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bits_far_behind_the_first_block_lead_to_the_one_before(bool readOnly)
    {
        const int Many = 4000;
        MemoryStore store = await WithSnapshotsAsync(3, Many);
        string[] newest = [.. store.Snapshots.Skip(1)];
        int length = store.Read(newest[0]).Length;
        Assert.True(length > 2 * (64 << 10), $"{length} bytes");
        for (int bit = 5; bit < length * 8; bit += length * 8 / 11)
        {
            await AssertFallsBackAsync(store, newest, bit, readOnly, Many);
            await AssertFallsBackAsync(store, newest[1..], bit, readOnly, Many);
        }
    }

    [Fact]
    public async Task An_engine_that_fell_back_goes_on_and_opens_again()
    {
        MemoryStore store = await WithSnapshotsAsync(3, keys: 4000);
        store.Flip(store.Snapshots[^1], 100_000);
        await using (EmbeddedEngine engine = await store.OpenEngineAsync())
        {
            Assert.Single(engine.Recovery.SkippedSnapshots);
            for (int i = 0; i < 4000; i += 20)
            {
                await engine.GetKeyspace("k").DeleteAsync(KeyOf(i), Durability.ProcessCrash);
            }

            await engine.CompactAsync();
            Assert.Equal(3800, Count(engine));
        }

        await using EmbeddedEngine again = await store.OpenEngineAsync();
        Assert.Empty(again.Recovery.SkippedSnapshots);
        Assert.Equal(3800, Count(again));
    }

    private static async Task AssertFallsBackAsync(
        MemoryStore store, string[] damaged, int bit, bool readOnly, int keys)
    {
        MemoryStore copy = readOnly ? store : store.Copy();
        byte[][] whole = [.. damaged.Select(store.Read)];
        foreach ((string name, byte[] bytes) in damaged.Zip(whole))
        {
            byte[] flipped = [.. bytes];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            copy.Write(name, flipped);
        }

        try
        {
            await using EmbeddedEngine engine =
                await copy.OpenEngineAsync(o => o with { ReadOnly = readOnly });
            Assert.Equal(damaged.Length, engine.Recovery.SkippedSnapshots.Count);
            Assert.All(
                engine.Recovery.SkippedSnapshots.Zip(damaged.Reverse()),
                skip => Assert.StartsWith(
                    $"snapshot {skip.Second}: ", skip.First, StringComparison.Ordinal));
            Assert.True(engine.Recovery.SnapshotSequence > 0);
            Assert.Equal(keys, Count(engine));
        }
        catch (Exception error) when (error is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"bit {bit} of {string.Join(", ", damaged)}: {error}");
        }

        foreach ((string name, byte[] bytes) in damaged.Zip(whole))
        {
            copy.Write(name, bytes);
        }
    }

    /// <summary>Keys that a scan gives, each with its value.</summary>
    private static int Count(EmbeddedEngine engine)
    {
        int count = 0;
        using EmbeddedKeyScan scan = engine.GetKeyspace("k").Scan();
        while (scan.MoveNext())
        {
            Assert.Equal(7, scan.Value.Length);
            count++;
        }

        Assert.Equal(count, engine.GetKeyspace("k").Count);
        return count;
    }

    /// <summary>So many snapshots, each with a few keys more in its log; closed.</summary>
    private static async Task<MemoryStore> WithSnapshotsAsync(int snapshots, int keys)
    {
        MemoryStore store = new();
        await using EmbeddedEngine engine =
            await store.OpenEngineAsync(o => o with { RetainedSnapshots = snapshots });
        for (int i = 0; i < keys; i++)
        {
            await engine.GetKeyspace("k").PutAsync(KeyOf(i), new byte[7], Durability.ProcessCrash);
        }

        for (int i = 0; i < snapshots; i++)
        {
            await engine.GetKeyspace("k").PutAsync(KeyOf(i), new byte[7]);
            await engine.SnapshotAsync();
        }

        MemoryStore closed = store.Copy();
        Assert.Equal(snapshots, closed.Snapshots.Count);
        return closed;
    }

    private static byte[] KeyOf(int number) =>
        SmallEngine.Bytes($"{number * 7919 % 100_000:d5}-{number:d5}-of-some-length-of-its-own");
}
