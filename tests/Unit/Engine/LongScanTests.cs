using System.Buffers.Binary;

namespace LogEngine.Unit.Engine;

/// <summary>
/// Scans long enough to read the log in order instead of value by value: whatever the order the keys
/// were written in, they show the same.
/// </summary>
public sealed class LongScanTests : IDisposable
{
    private const int Count = 20_000;
    private readonly ScratchDirectory _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("ascending", 0)]
    [InlineData("ascending", 8 << 20)]
    [InlineData("descending", 0)]
    [InlineData("shuffled nearby", 0)]
    [InlineData("shuffled", 0)]
    [InlineData("half and half", 1 << 20)]
    public async Task The_order_of_writing_does_not_show(string order, int cacheBytes)
    {
        await using EmbeddedEngine engine = await OpenAsync(cacheBytes);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await FillAsync(engine, keyspace, Order(order));
        Assert.Equal(Enumerable.Range(0, Count), Read(keyspace, default));
        Assert.Equal(
            Enumerable.Range(0, Count).Reverse(), Read(keyspace, new ScanRange { Reverse = true }));
        Assert.Equal(
            Enumerable.Range(700, 9_000),
            Read(keyspace, new ScanRange { From = Key(700), To = Key(9_700) }));
    }

    [Fact]
    public async Task What_is_written_meanwhile_is_not_shown_and_what_has_expired_is_left_out()
    {
        ManualTime time = new();
        await using EmbeddedEngine engine = await OpenAsync(0, time);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        WriteBatch batch = engine.CreateBatch();
        for (int i = 0; i < Count; i++)
        {
            DateTimeOffset? end = i % 3 == 1 ? time.GetUtcNow() + TimeSpan.FromSeconds(i) : null;
            batch.Put(keyspace, Key(i), Payloads.Of(100, i), end);
        }

        await engine.CommitAsync(batch);
        time.Advance(TimeSpan.FromSeconds(Count / 2));
        List<int> shown = [];
        using EmbeddedKeyScan scan = keyspace.Scan();
        while (scan.MoveNext())
        {
            int number = BinaryPrimitives.ReadInt32BigEndian(scan.Key);
            Assert.Equal(Payloads.Of(100, number), scan.Value.ToArray());
            shown.Add(number);
            if (number % 1000 == 0)
            {
                await keyspace.PutAsync(Key(number + 500), new byte[7], Durability.ProcessCrash);
                await keyspace.DeleteAsync(Key(number + 501), Durability.ProcessCrash);
            }
        }

        Assert.Equal(
            Enumerable.Range(0, Count).Where(i => i % 3 != 1 || i > Count / 2), shown);
    }

    [Theory]
    [InlineData(false, "ascending")]
    [InlineData(true, "ascending")]
    [InlineData(false, "shuffled")]
    [InlineData(true, "shuffled")]
    public async Task A_damaged_value_ends_the_scan_where_it_is_and_again_when_asked_again(
        bool reverse, string order)
    {
        // In a segment of which the end is read, and verified, ahead of the scan.
        const int Damaged = 15_111;
        await using (EmbeddedEngine engine = await OpenAsync(0, segmentBytes: 4 << 20))
        {
            await FillAsync(engine, engine.GetKeyspace("k"), Order(order));
            await engine.SnapshotAsync();
        }

        string file = Damage(Payloads.Of(100, Damaged));
        await using EmbeddedEngine again = await OpenAsync(0);
        using EmbeddedKeyScan scan = again.GetKeyspace("k").Scan(new ScanRange { Reverse = reverse });
        int last = -1;
        CorruptionException damage = Assert.Throws<CorruptionException>(() =>
        {
            while (scan.MoveNext())
            {
                last = BinaryPrimitives.ReadInt32BigEndian(scan.Key);
                Assert.Equal(Payloads.Of(100, last), scan.Value.ToArray());
            }
        });
        Assert.Equal(Damaged + (reverse ? 1 : -1), last);
        Assert.Equal(file, damage.Path);
        CorruptionException second = Assert.Throws<CorruptionException>(() => scan.MoveNext());
        Assert.Equal(damage.Offset, second.Offset);
        Assert.Throws<InvalidOperationException>(() => scan.Value.Length);
    }

    private static byte[] Key(int number)
    {
        byte[] key = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(key, number);
        return key;
    }

    private static int[] Order(string name)
    {
        int[] numbers = [.. Enumerable.Range(0, Count)];
        Random random = new(1);
        switch (name)
        {
            case "descending":
                Array.Reverse(numbers);
                break;
            case "shuffled nearby":
                for (int i = 0; i < Count; i += 1000)
                {
                    random.Shuffle(numbers.AsSpan(i, 1000));
                }

                break;
            case "shuffled":
                random.Shuffle(numbers);
                break;
            case "half and half":
                random.Shuffle(numbers.AsSpan(0, Count / 2));
                break;
        }

        return numbers;
    }

    private static List<int> Read(EmbeddedKeyspace keyspace, ScanRange range)
    {
        List<int> shown = [];
        using EmbeddedKeyScan scan = keyspace.Scan(range);
        while (scan.MoveNext())
        {
            int number = BinaryPrimitives.ReadInt32BigEndian(scan.Key);
            Assert.Equal(Payloads.Of(100, number), scan.Value.ToArray());
            shown.Add(number);
        }

        return shown;
    }

    private static async Task FillAsync(EmbeddedEngine engine, EmbeddedKeyspace keyspace, int[] numbers)
    {
        foreach (int[] some in numbers.Chunk(500))
        {
            WriteBatch batch = engine.CreateBatch();
            foreach (int number in some)
            {
                batch.Put(keyspace, Key(number), Payloads.Of(100, number));
            }

            await engine.CommitAsync(batch, Durability.ProcessCrash);
        }
    }

    private ValueTask<EmbeddedEngine> OpenAsync(
        int cacheBytes, TimeProvider? time = null, int segmentBytes = 1 << 20) =>
        StorageEngine.OpenAsync(_scratch.Path, new StorageEngineOptions
        {
            SegmentSizeBytes = segmentBytes,
            CacheBytes = cacheBytes,
            TimeProvider = time ?? TimeProvider.System,
        });

    /// <summary>Changes a bit of a value where it lies; gives the file.</summary>
    private string Damage(byte[] value)
    {
        foreach (string path in Directory.GetFiles(_scratch.Path, "*.seg"))
        {
            byte[] bytes = File.ReadAllBytes(path);
            int at = bytes.AsSpan().IndexOf(value);
            if (at >= 0)
            {
                bytes[at + 50] ^= 1;
                File.WriteAllBytes(path, bytes);
                return path;
            }
        }

        throw new InvalidOperationException("The value is in no segment.");
    }
}
