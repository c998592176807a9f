using System.Buffers.Binary;
using LogEngine.Log;
using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Engine;

/// <summary>
/// What a scan reads of the disk, counted: values that lie all over the log are read in the order in which
/// they lie, neighbours together, and no more of them than the scan can be expected to want.
/// </summary>
public sealed class ScanReadTests : IDisposable
{
    private const int Count = 10_000;
    private readonly ScratchDirectory _scratch = new();
    private readonly HookedFileSystem _files = new();
    private int _reads;

    public void Dispose() => _scratch.Dispose();

    /// <summary>It was a read for each value.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Scattered_values_are_read_with_their_neighbours(bool reverse)
    {
        await using EmbeddedEngine engine = await FilledAsync(valueBytes: 100);
        CountReads();
        using EmbeddedKeyScan scan = engine.GetKeyspace("k").Scan(new ScanRange { Reverse = reverse });
        for (int i = 0; i < Count; i++)
        {
            Assert.True(scan.MoveNext());
            AssertEntry(scan, reverse ? Count - 1 - i : i, 100);
        }

        Assert.False(scan.MoveNext());
        Assert.InRange(_reads, 1, Count / 10);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(40, 40)]
    public async Task A_limit_is_all_that_is_read(int limit, int reads)
    {
        await using EmbeddedEngine engine = await FilledAsync(valueBytes: 1000);
        CountReads();
        using EmbeddedKeyScan scan = engine.GetKeyspace("k")
            .Scan(new ScanRange { From = Key(500), Limit = limit });
        int given = 0;
        while (await scan.MoveNextAsync())
        {
            AssertEntry(scan, 500 + given++, 1000);
        }

        Assert.Equal(limit, given);
        Assert.InRange(_reads, 1, reads);
        Assert.Throws<InvalidOperationException>(() => scan.Key.Length);
    }

    [Fact]
    public async Task A_scan_that_is_left_early_has_read_a_few_values()
    {
        await using EmbeddedEngine engine = await FilledAsync(valueBytes: 1000);
        CountReads();
        using EmbeddedKeyScan scan = engine.GetKeyspace("k").Scan();
        Assert.True(scan.MoveNext());
        Assert.InRange(_reads, 1, 4);
        for (int i = 1; i <= 10; i++)
        {
            Assert.True(scan.MoveNext());
        }

        AssertEntry(scan, 10, 1000);
        Assert.InRange(_reads, 1, 20);
    }

    /// <summary>Which of several cannot be read, if any, is for its own read to say.</summary>
    [Fact]
    public async Task What_cannot_be_read_with_its_neighbours_is_read_alone()
    {
        await using EmbeddedEngine engine = await FilledAsync(valueBytes: 100);
        int failures = 0;
        _files.Before = (name, path) =>
        {
            // The first is one of many, whose values are then read one by one, and some of these fail.
            if (name == "read" && IsSegment(path) && _reads < 400 && _reads++ % 40 == 0)
            {
                failures++;
                throw new StorageIOException("read", path, 5, "injected");
            }
        };
        using EmbeddedKeyScan scan = engine.GetKeyspace("k").Scan(new ScanRange { Limit = Count });
        for (int i = 0; i < Count;)
        {
            try
            {
                Assert.True(scan.MoveNext());
                AssertEntry(scan, i++, 100);
            }
            catch (StorageIOException)
            {
                // A value by itself: asked again, it is read again.
            }
        }

        Assert.Equal(10, failures);
        Assert.False(scan.MoveNext());
    }

    /// <summary>Some in the cache, some overwritten, removed, large, or expired: as a model has them.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(200_000)]
    public async Task Scans_of_all_kinds_of_values_show_what_a_model_has(int cacheBytes)
    {
        ManualTime time = new();
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(
            _scratch.Path, SmallEngine.Options with { CacheBytes = cacheBytes, TimeProvider = time });
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        SortedDictionary<int, byte[]> model = [];
        Random random = new(7);
        for (int i = 0; i < 4_000; i++)
        {
            int number = random.Next(2_000);
            bool expires = i % 13 == 0;
            if (i % 7 == 0)
            {
                await keyspace.DeleteAsync(Key(number), Durability.ProcessCrash);
                model.Remove(number);
                continue;
            }

            byte[] value = Payloads.Of(i % 400 == 1 ? 40_000 : random.Next(300), i);
            await keyspace.PutAsync(
                Key(number), value, Durability.ProcessCrash, expires ? time.GetUtcNow().AddHours(1) : null);
            model.Remove(number);
            if (!expires)
            {
                model.Add(number, value);
            }
        }

        time.Advance(TimeSpan.FromHours(2));
        for (int round = 0; round < 200; round++)
        {
            int from = random.Next(2_000);
            int to = from + random.Next(400);
            ScanRange range = new(Key(from), Key(to), Reverse: round % 2 == 0)
            {
                Limit = round % 3 == 0 ? 0 : 1 + random.Next(50),
            };
            IEnumerable<KeyValuePair<int, byte[]>> expected =
                model.Where(entry => entry.Key >= from && entry.Key < to);
            expected = range.Reverse ? Enumerable.Reverse(expected) : expected;
            KeyValuePair<int, byte[]>[] shown =
                [.. expected.Take(range.Limit == 0 ? int.MaxValue : range.Limit)];
            using EmbeddedKeyScan scan = keyspace.Scan(range);

            // Beside the scan, which does not show it.
            int gone = from + 5;
            await keyspace.DeleteAsync(Key(gone), Durability.ProcessCrash);
            model.Remove(gone);
            foreach ((int number, byte[] value) in shown)
            {
                Assert.True(await scan.MoveNextAsync());
                Assert.Equal(Key(number), scan.Key.ToArray());
                Assert.Equal(value, scan.Value.ToArray());
            }

            Assert.False(await scan.MoveNextAsync());
        }
    }

    private static bool IsSegment(string path) => path.EndsWith(".seg", StringComparison.Ordinal);

    private static byte[] Key(int number)
    {
        byte[] key = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        return key;
    }

    private static void AssertEntry(EmbeddedKeyScan scan, int number, int valueBytes)
    {
        Assert.Equal(Key(number), scan.Key.ToArray());
        Assert.Equal(Payloads.Of(valueBytes, number), scan.Value.ToArray());
    }

    private void CountReads()
    {
        _reads = 0;
        _files.Before = (name, path) => _reads += name == "read" && IsSegment(path) ? 1 : 0;
    }

    /// <summary>Keys written in an order that has nothing to do with their own.</summary>
    private async Task<EmbeddedEngine> FilledAsync(int valueBytes)
    {
        EmbeddedEngine engine = await EmbeddedEngine.OpenAsync(
            LogEnvironment.Real with { Files = _files },
            _scratch.Path,
            new StorageEngineOptions { SegmentSizeBytes = 2 << 20, CacheBytes = 0 },
            default);
        int[] numbers = [.. Enumerable.Range(0, Count)];
        new Random(3).Shuffle(numbers);
        foreach (int[] some in numbers.Chunk(500))
        {
            WriteBatch batch = engine.CreateBatch();
            foreach (int number in some)
            {
                batch.Put(engine.GetKeyspace("k"), Key(number), Payloads.Of(valueBytes, number));
            }

            await engine.CommitAsync(batch, Durability.ProcessCrash);
        }

        return engine;
    }
}
