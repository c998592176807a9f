using System.Buffers;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Many writers and readers beside snapshots, compaction and freeing: views are consistent,
/// conditions are judged one after the other.
/// </summary>
[Trait("Speed", "slow")]
public sealed class EngineConcurrencyTests
{
    private const int Accounts = 16;
    private const long Balance = 1000;

    [Fact]
    public async Task Money_moved_between_keyspaces_is_never_lost_or_made_in_any_view()
    {
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine =
            await StorageEngine.OpenAsync(scratch.Path, BusyEngine.Options);
        EmbeddedKeyspace[] banks = [engine.GetKeyspace("a"), engine.GetKeyspace("b")];
        WriteBatch start = engine.CreateBatch();
        foreach (EmbeddedKeyspace bank in banks)
        {
            for (int i = 0; i < Accounts; i++)
            {
                start.Put(bank, BusyEngine.Number(i), BusyEngine.Number(Balance));
            }
        }

        await engine.CommitAsync(start).Soon();
        Task writers = Task.WhenAll(Enumerable.Range(0, 8).Select(
            i => Task.Run(() => TransferAsync(engine, banks, new Random(i), 150))));
        Task[] readers =
        [
            .. Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
            {
                while (!writers.IsCompleted)
                {
                    Assert.Equal(2 * Accounts * Balance, Sum(engine, banks));
                }
            })),
        ];
        Task<int> compaction = BusyEngine.CompactUntilAsync(engine, writers);
        await BusyEngine.AllSoonAsync([writers, .. readers, compaction]);
        Assert.Equal(2 * Accounts * Balance, Sum(engine, banks));
        Assert.True(await compaction > 0, "nothing was compacted");
    }

    [Theory]
    [InlineData(Durability.PowerLoss)]
    [InlineData(Durability.None)]
    public async Task A_counter_by_compare_and_set_loses_no_update(Durability durability)
    {
        const int Tasks = 8;
        const int Each = 60;
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(BusyEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        byte[] key = [1];
        await BusyEngine.AllSoonAsync(Enumerable.Range(0, Tasks).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < Each;)
            {
                using StoredValue? value = await keyspace.GetAsync(key);
                long now = value is null ? 0 : BusyEngine.Number(value.Memory.Span);
                ConditionalResult result = await keyspace.CompareAndSetAsync(
                    key, BusyEngine.Number(now + 1), value?.Version ?? 0, durability);
                i += result.Applied ? 1 : 0;
            }
        })));
        using StoredValue? end = await keyspace.GetAsync(key).Soon();
        Assert.Equal(Tasks * Each, BusyEngine.Number(end!.Memory.Span));
    }

    [Fact]
    public async Task Of_many_that_put_if_absent_exactly_one_wins_and_the_others_see_its_version()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory(BusyEngine.Options);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        for (int round = 0; round < 50; round++)
        {
            byte[] key = BusyEngine.Number(round);
            ConditionalResult[] results = await Task.WhenAll(Enumerable.Range(0, 32).Select(
                i => Task.Run(() => keyspace.PutIfAbsentAsync(key, BusyEngine.Number(i)).AsTask())))
                .Soon();
            int winner = Array.FindIndex(results, r => r.Applied);
            Assert.Single(results, r => r.Applied);
            Assert.All(results, r => Assert.Equal(results[winner].Version, r.Version));
            using StoredValue? value = await keyspace.GetAsync(key).Soon();
            Assert.Equal(winner, BusyEngine.Number(value!.Memory.Span));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256 << 10)]
    public async Task Readers_beside_compaction_and_freeing_see_the_newest_value_of_their_key(
        long cacheBytes)
    {
        const int Keys = 64;
        const int Rounds = 40;
        using ScratchDirectory scratch = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            scratch.Path, BusyEngine.Options with { CacheBytes = cacheBytes });
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        long[] acknowledged = new long[Keys];
        Task writers = Task.WhenAll(Enumerable.Range(0, 4).Select(
            w => Task.Run(() => WriteRoundsAsync(keyspace, acknowledged, w, Rounds))));
        Task[] readers =
        [
            .. Enumerable.Range(0, 4).Select(r => Task.Run(async () =>
            {
                Random random = new(r);
                while (!writers.IsCompleted)
                {
                    await ReadOneAsync(keyspace, acknowledged, random.Next(Keys));
                }
            })),
        ];
        Task<int> compaction = BusyEngine.CompactUntilAsync(engine, writers);
        await BusyEngine.AllSoonAsync([writers, .. readers, compaction]);
        Assert.True(engine.Statistics.SegmentsFreed > 0, "no segment was freed");
        for (int key = 0; key < Keys; key++)
        {
            await ReadOneAsync(keyspace, acknowledged, key);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Closing_while_others_read_write_and_compact_is_clean(bool inMemory)
    {
        for (int round = 0; round < 12; round++)
        {
            using ScratchDirectory scratch = new();
            EmbeddedEngine engine = inMemory
                ? StorageEngine.OpenInMemory(BusyEngine.Options)
                : await StorageEngine.OpenAsync(scratch.Path, BusyEngine.Options).Soon();
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            for (int i = 0; i < 200; i++)
            {
                await keyspace.PutAsync(
                    BusyEngine.Number(i), new byte[700], Durability.None).Soon();
            }

            EmbeddedReadView held = engine.OpenReadView();
            EmbeddedKeyScan scan = held.In(keyspace).Scan();
            Assert.True(scan.MoveNext());
            Func<Task>[] works =
            [
                async () => (await keyspace.GetAsync(BusyEngine.Number(7)))?.Dispose(),
                () => Task.FromResult(keyspace.TryGet(
                    BusyEngine.Number(8), new ArrayBufferWriter<byte>(), out _)),
                () => Task.FromResult(Count(keyspace)),
                async () => await keyspace.PutAsync(
                    BusyEngine.Number(9), new byte[300], Durability.None),
                async () => await engine.SnapshotAsync(),
                async () => await engine.CompactAsync(),
                () => Task.FromResult(engine.Statistics.Keys),
            ];
            Task[] running =
                [.. works.Select(work => Task.Run(() => UntilClosedAsync(work)))];
            await Task.Delay(round);
            await engine.CloseAsync().Soon();
            await BusyEngine.AllSoonAsync(running);

            scan.Dispose();
            held.Dispose();
            Assert.Throws<ObjectDisposedException>(() => engine.OpenReadView());
        }
    }

    private static long Count(EmbeddedKeyspace keyspace)
    {
        long count = 0;
        using EmbeddedKeyScan scan = keyspace.Scan();
        while (scan.MoveNext())
        {
            count++;
        }

        return count;
    }

    /// <summary>Again and again; the only end there is is the engine's.</summary>
    private static async Task UntilClosedAsync(Func<Task> work)
    {
        try
        {
            while (true)
            {
                await work();
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed.
        }
    }

    private static async Task TransferAsync(
        EmbeddedEngine engine, EmbeddedKeyspace[] banks, Random random, int times)
    {
        for (int i = 0; i < times;)
        {
            (EmbeddedKeyspace from, byte[] debit) = Pick();
            (EmbeddedKeyspace to, byte[] credit) = Pick();
            if (from == to && debit.AsSpan().SequenceEqual(credit))
            {
                continue;
            }

            using EmbeddedReadView view = engine.OpenReadView();
            using StoredValue? has = await view.In(from).GetAsync(debit);
            using StoredValue? gets = await view.In(to).GetAsync(credit);
            long amount = random.Next(10);
            WriteBatch batch = engine.CreateBatch();
            batch.Put(from, debit, BusyEngine.Number(BusyEngine.Number(has!.Memory.Span) - amount));
            batch.Put(to, credit, BusyEngine.Number(BusyEngine.Number(gets!.Memory.Span) + amount));
            batch.RequireVersion(from, debit, has.Version);
            batch.RequireVersion(to, credit, gets.Version);
            CommitResult result = await engine.TryCommitAsync(batch, Durability.ProcessCrash);
            i += result.Applied ? 1 : 0;
        }

        (EmbeddedKeyspace, byte[]) Pick() =>
            (banks[random.Next(2)], BusyEngine.Number(random.Next(Accounts)));
    }

    private static long Sum(EmbeddedEngine engine, EmbeddedKeyspace[] banks)
    {
        using EmbeddedReadView view = engine.OpenReadView();
        long sum = 0;
        foreach (EmbeddedKeyspace bank in banks)
        {
            using EmbeddedKeyScan scan = view.In(bank).Scan();
            while (scan.MoveNext())
            {
                sum += BusyEngine.Number(scan.Value);
            }
        }

        return sum;
    }

    /// <summary>Each writer has its own keys; values name their key and rise.</summary>
    private static async Task WriteRoundsAsync(
        EmbeddedKeyspace keyspace, long[] acknowledged, int writer, int rounds)
    {
        Random random = new(writer);
        for (int round = 1; round <= rounds; round++)
        {
            for (int key = writer; key < acknowledged.Length; key += 4)
            {
                byte[] value = new byte[16 + random.Next(1500)];
                BusyEngine.Number(key).CopyTo(value, 0);
                BusyEngine.Number(round).CopyTo(value, 8);
                await keyspace.PutAsync(BusyEngine.Number(key), value, Durability.ProcessCrash);
                Volatile.Write(ref acknowledged[key], round);
            }
        }
    }

    private static async Task ReadOneAsync(EmbeddedKeyspace keyspace, long[] acknowledged, int key)
    {
        long least = Volatile.Read(ref acknowledged[key]);
        using StoredValue? value = await keyspace.GetAsync(BusyEngine.Number(key));
        if (value is null)
        {
            Assert.Equal(0, least);
            return;
        }

        Assert.Equal(key, BusyEngine.Number(value.Memory.Span));
        long found = BusyEngine.Number(value.Memory.Span[8..]);
        Assert.True(found >= least, $"key {key}: {found} was read, {least} was acknowledged");
    }
}
