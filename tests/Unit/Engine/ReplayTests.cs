using System.Buffers.Binary;
using System.Security.Cryptography;

namespace LogEngine.Unit.Engine;

/// <summary>Recovery applies operations sorted by key; the result is that of the log's order.</summary>
public sealed class ReplayTests : IDisposable
{
    private const int Keys = 3_000;
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public async Task What_a_killed_engine_had_is_there_again(int seed, bool withSnapshot)
    {
        string left = Path.Combine(_scratch.Path, "left");
        Directory.CreateDirectory(left);
        List<string> expected;
        EmbeddedStatistics statistics;
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(
            Path.Combine(_scratch.Path, "live")))
        {
            Random random = new(seed);
            for (int round = 0; round < 6; round++)
            {
                await ChangeAsync(engine, random);
                if (round == 2 && withSnapshot)
                {
                    await engine.SnapshotAsync();
                    await engine.CompactAsync();
                }
            }

            expected = Describe(engine);
            statistics = engine.Statistics;
            foreach (string file in Directory.GetFiles(Path.Combine(_scratch.Path, "live"), "*-*")
                .Concat(Directory.GetFiles(Path.Combine(_scratch.Path, "live"), "*.s*")))
            {
                File.Copy(file, Path.Combine(left, Path.GetFileName(file)));
            }
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(left);
        Assert.True(again.Recovery.ReplayedRecords > 5_000, $"{again.Recovery.ReplayedRecords}");
        Assert.Equal(expected, Describe(again));
        Assert.Equal(statistics.LiveBytes, again.Statistics.LiveBytes);
        Assert.Equal(statistics.Keys, again.Statistics.Keys);
    }

    /// <summary>
    /// Found by the model of the engine: a large value replaced or deleted, a restart, another large
    /// value under any key, a restart. The second value got the number that the first had had, and
    /// sorted by key its chunks came before the put that removed those of the first: the open after
    /// that said that a chunk was missing.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_large_value_that_gets_the_number_of_one_that_is_gone_is_kept(bool delete)
    {
        byte[] first = new byte[300_000];
        byte[] second = new byte[300_000];
        second.AsSpan().Fill(2);
        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            EmbeddedKeyspace keys = engine.GetKeyspace("k");
            await keys.PutAsync("a"u8.ToArray(), first);
            if (delete)
            {
                await keys.DeleteAsync("a"u8.ToArray());
            }
            else
            {
                await keys.PutTextAsync("a", "small");
            }
        }

        await using (EmbeddedEngine engine = await SmallEngine.OpenAsync(_scratch.Path))
        {
            await engine.GetKeyspace("k").PutAsync("b"u8.ToArray(), second);
        }

        await using EmbeddedEngine again = await SmallEngine.OpenAsync(_scratch.Path);
        Assert.True(again.Recovery.ReplayedRecords > 5);
        using StoredValue? value = await again.GetKeyspace("k").GetAsync("b"u8.ToArray());
        Assert.True(value!.Memory.Span.SequenceEqual(second));
    }

    /// <summary>Puts, deletes, ranges, chunked values, and keyspaces that come and go.</summary>
    private static async Task ChangeAsync(EmbeddedEngine engine, Random random)
    {
        for (int i = 0; i < 25; i++)
        {
            WriteBatch batch = engine.CreateBatch();
            for (int n = 0; n < 100; n++)
            {
                EmbeddedKeyspace keyspace = engine.GetKeyspace($"k{random.Next(3)}");
                byte[] key = Key(random.Next(Keys));
                switch (random.Next(20))
                {
                    case < 4:
                        batch.Delete(keyspace, key);
                        break;
                    case 5:
                        batch.Touch(keyspace, key, ManualTime.Epoch.AddYears(random.Next(50, 60)));
                        break;
                    case 4 when n % 10 == 0:
                        int from = random.Next(Keys);
                        batch.DeleteRange(keyspace, Key(from), Key(from + 40));
                        break;
                    default:
                        batch.Put(keyspace, key, Payloads.Of(random.Next(60), i));
                        break;
                }
            }

            await engine.CommitAsync(batch, Durability.ProcessCrash);
            if (i % 5 == 0)
            {
                await engine.GetKeyspace("large").PutAsync(
                    Key(i % 4), Payloads.Of(300_000, i), Durability.ProcessCrash);
            }
        }

        await engine.DropKeyspaceAsync("k2");
    }

    private static List<string> Describe(EmbeddedEngine engine)
    {
        List<string> found = [];
        foreach (string name in engine.ListKeyspaces().Order(StringComparer.Ordinal))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace(name);
            using EmbeddedKeyScan scan = keyspace.Scan();
            found.Add($"{name}: {keyspace.Count}");
            while (scan.MoveNext())
            {
                found.Add($"{name} {Convert.ToHexString(scan.Key)} {scan.Info.Version} "
                    + $"{scan.Info.ExpiresAt:O} "
                    + Convert.ToHexString(SHA256.HashData(scan.Value)));
            }
        }

        return found;
    }

    private static byte[] Key(int number)
    {
        byte[] key = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        return key;
    }
}
