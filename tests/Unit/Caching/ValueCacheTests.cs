using System.Buffers;
using LogEngine.Caching;

namespace LogEngine.Unit.Caching;

[Trait("Speed", "slow")]
public sealed class ValueCacheTests
{
    private const long Mebibyte = 1 << 20;

    [Fact]
    public void A_value_is_found_under_its_location_only()
    {
        using ValueCache cache = new(Mebibyte);
        byte[] value = CachedValues.Of(7, 100);

        Assert.True(cache.Add(7, value));

        Assert.Equal(value, Read(cache, 7));
        Assert.Null(Read(cache, 8));
        Assert.True(cache.TryGetLength(7, out int length));
        Assert.Equal(100, length);
        Assert.False(cache.TryGetLength(8, out length));
        Assert.Equal(0, length);
        Assert.Equal((1, 1), (cache.Hits, cache.Misses));
    }

    [Fact]
    public void Values_of_every_length_come_back()
    {
        using ValueCache cache = new(64 * Mebibyte);
        int[] lengths =
            [.. Enumerable.Range(0, 300), 4095, 4096, 65535, ValueCache.MaxValueBytes];
        foreach (int length in lengths)
        {
            Assert.True(cache.Add((ulong)length + 1, CachedValues.Of(1, length)));
        }

        Assert.Equal(ValueCache.MaxValueBytes, cache.LargestValueBytes);
        Assert.All(
            lengths,
            length => Assert.Equal(
                CachedValues.Of(1, length), Read(cache, (ulong)length + 1)));
    }

    [Theory]
    [InlineData(1UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 63)]
    public void Any_number_but_zero_is_a_location(ulong location)
    {
        using ValueCache cache = new(Mebibyte);

        Assert.True(cache.Add(location, [1, 2]));
        Assert.Equal([1, 2], Read(cache, location));
        Assert.False(cache.Add(0, [1, 2]));
        Assert.Null(Read(cache, 0));
    }

    [Fact]
    public void What_is_too_large_is_not_cached()
    {
        using ValueCache large = new(64 * Mebibyte);
        using ValueCache small = new(64 << 10);

        Assert.False(large.Add(1, new byte[ValueCache.MaxValueBytes + 1]));
        Assert.InRange(small.LargestValueBytes, 1000, 10_000);
        Assert.False(small.Add(1, new byte[small.LargestValueBytes + 1]));
        Assert.True(small.Add(1, new byte[small.LargestValueBytes]));
        Assert.Equal((int)small.LargestValueBytes, Read(small, 1)!.Length);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    public void A_cache_without_room_caches_nothing_and_takes_no_memory(long capacity)
    {
        using ValueCache cache = new(capacity);

        Assert.False(cache.Add(1, []));
        Assert.False(cache.Add(1, [1]));
        Assert.False(cache.TryGetLength(1, out _));
        cache.Prefetch(1);
        cache.PrefetchValue(1);
        Assert.Null(Read(cache, 1));
        Assert.True(cache.LargestValueBytes < 0);
        Assert.Equal(0, cache.AllocatedBytes);
    }

    [Fact]
    public void A_destination_that_is_too_short_gets_the_length_and_nothing_else()
    {
        using ValueCache cache = new(Mebibyte);
        cache.Add(1, CachedValues.Of(1, 100));
        byte[] destination = new byte[99];

        Assert.True(cache.TryRead(1, destination, out int length));

        Assert.Equal(100, length);
        Assert.Equal(new byte[99], destination);
    }

    [Fact]
    public void A_value_is_appended_to_a_buffer_writer()
    {
        using ValueCache cache = new(Mebibyte);
        cache.Add(1, CachedValues.Of(1, 100));
        cache.Add(2, []);
        ArrayBufferWriter<byte> buffer = new();
        buffer.Write<byte>([9]);

        Assert.True(cache.TryRead(1, buffer, out int length));
        Assert.True(cache.TryRead(2, buffer, out int empty));
        Assert.False(cache.TryRead(3, buffer, out int missing));

        Assert.Equal((100, 0, 0), (length, empty, missing));
        Assert.Equal([9, .. CachedValues.Of(1, 100)], buffer.WrittenSpan.ToArray());
        Assert.Equal((2, 1), (cache.Hits, cache.Misses));
    }

    [Fact]
    public void Putting_a_value_in_again_takes_no_room()
    {
        using ValueCache cache = new(256 << 10);
        cache.Add(1, CachedValues.Of(1, 100));
        for (int i = 0; i < 100_000; i++)
        {
            Assert.True(cache.Add(2, CachedValues.Of(2, 100)));
        }

        Assert.Equal(CachedValues.Of(1, 100), Read(cache, 1));
    }

    [Fact]
    public void The_oldest_go_first()
    {
        const int Values = 100_000;
        using ValueCache cache = new(Mebibyte);
        for (ulong i = 1; i <= Values; i++)
        {
            Assert.True(cache.Add(i, CachedValues.Of(i, 100)));
        }

        // Six sevenths hold 8,000 entries of 112 bytes.
        int newest = Count(cache, Values - 5999, Values);
        Assert.InRange(newest, 5900, 6000);
        Assert.Equal(0, Count(cache, 1, Values - 9000));
    }

    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(1000)]
    public void Nearly_everything_that_fits_stays(int length)
    {
        using ValueCache cache = new(32 * Mebibyte);
        int values = (int)(cache.CapacityBytes * 6 / 7 / (length + 20)) * 9 / 10;
        values = Math.Min(values, (int)(cache.CapacityBytes / 7 / 64 * 3));
        for (ulong i = 1; i <= (ulong)values; i++)
        {
            cache.Add(i, CachedValues.Of(i, length));
        }

        int found = Count(cache, 1, values);
        Assert.True(found >= values * 0.98, $"{found} of {values}");
    }

    [Fact]
    public void What_is_read_often_stays()
    {
        using ValueCache cache = new(Mebibyte);
        ulong[] hot = [.. Enumerable.Range(1, 100).Select(i => (ulong)i)];
        foreach (ulong location in hot)
        {
            cache.Add(location, CachedValues.Of(location, 100));
        }

        for (ulong i = 1000; i < 200_000; i++)
        {
            cache.Add(i, CachedValues.Of(i, 100));
            Read(cache, hot[(int)(i % 100)]);
        }

        int found = hot.Count(location => Read(cache, location) is not null);
        Assert.True(found >= 98, $"{found} of 100");
    }

    [Fact]
    public void Reading_alone_pushes_nothing_out()
    {
        const int Values = 7000;
        using ValueCache cache = new(Mebibyte);
        for (ulong i = 1; i <= Values; i++)
        {
            cache.Add(i, CachedValues.Of(i, 100));
        }

        int before = Count(cache, 1, Values);
        for (int round = 0; round < 20; round++)
        {
            Assert.Equal(before, Count(cache, 1, Values));
        }

        Assert.InRange(before, Values - 70, Values);
    }

    [Theory]
    [InlineData(40 << 10)]
    [InlineData(300 << 10)]
    [InlineData(5 << 20)]
    [InlineData(40 << 20)]
    public void Memory_never_exceeds_the_capacity(long capacity)
    {
        using ValueCache cache = new(capacity);
        Assert.Equal(0, cache.AllocatedBytes);
        for (ulong i = 1; cache.AllocatedBytes < capacity / 2 || i < 100_000; i++)
        {
            cache.Add(i, CachedValues.Of(i, (int)(i % 500)));
            Assert.InRange(cache.AllocatedBytes, 0, capacity);
        }

        for (ulong i = 1; i < 2_000_000; i++)
        {
            cache.Add(i + 100_000_000, []);
        }

        Assert.InRange(cache.AllocatedBytes, capacity / 2, capacity);
        cache.Dispose();
        Assert.Equal(0, cache.AllocatedBytes);
    }

    [Fact]
    public void A_store_of_few_values_takes_little_memory()
    {
        List<nint> advised = [];
        using ValueCache cache = new(2048 * Mebibyte, (_, bytes) => advised.Add(bytes));
        for (ulong i = 1; i < 1000; i++)
        {
            cache.Add(i, CachedValues.Of(i, 100));
        }

        Assert.InRange(cache.AllocatedBytes, 1, 33 * Mebibyte);
        Assert.Empty(advised);
    }

    [Fact]
    public void Large_pieces_are_told_of_where_large_pages_can_be_asked_for()
    {
        List<nint> advised = [];
        using ValueCache cache = new(512 * Mebibyte, (address, bytes) =>
        {
            Assert.NotEqual(0, address);
            advised.Add(bytes);
        });
        for (ulong i = 1; i < 40_000; i++)
        {
            cache.Add(i, CachedValues.Of(i, 1000));
        }

        Assert.InRange(advised.Count, 1, 32);
        Assert.All(advised, bytes => Assert.True(bytes <= 2 * Mebibyte));
    }

    // A slot keeps 12 bits of the lap and is swept every 1,024 laps.
    [Theory]
    [InlineData(1022UL)]
    [InlineData(4094UL)]
    [InlineData((1UL << 20) - 2)]
    [InlineData((1UL << 35) - 2)]
    public void Laps_may_overflow_what_a_slot_keeps_of_them(ulong lap)
    {
        using ValueCache cache = new(64 << 10);
        cache.ShardOfLocation(1).Lap = lap;
        for (ulong i = 1; i < 5000; i++)
        {
            cache.Add(i, CachedValues.Of(i, 100));
            for (ulong back = 0; back < Math.Min(i, 100); back++)
            {
                byte[]? read = Read(cache, i - back);
                Assert.True(
                    read is null || read.AsSpan().SequenceEqual(CachedValues.Of(i - back, 100)));
                Assert.True(read is not null || back > 0, $"{i} is not there");
            }
        }

        Assert.True(cache.ShardOfLocation(1).Lap > lap + 8);
    }

    [Fact]
    public void Thousands_of_laps_later_nothing_old_is_found()
    {
        using ValueCache cache = new(40 << 10);
        CacheShard shard = cache.ShardOfLocation(1);
        byte[] value = new byte[2000];
        cache.Add(1, value);
        for (ulong i = 2; shard.Lap < 3 * 4096; i++)
        {
            cache.Add(i, value);
            Assert.False(i % 64 == 0 && i > 100 && cache.TryGetLength(1, out _));
        }
    }

    [Fact]
    public void Reading_and_adding_allocate_nothing()
    {
        using ValueCache cache = new(Mebibyte);
        byte[] value = new byte[100];
        cache.Add(1, value);
        Use(cache, value, 2);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (ulong i = 3; i < 1000; i++)
        {
            Use(cache, value, i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Use(ValueCache cache, byte[] value, ulong location)
        {
            cache.Prefetch(location);
            cache.Add(location, value);
            cache.PrefetchValue(location);
            cache.TryRead(location, value, out _);
            cache.TryGetLength(location, out _);
        }
    }

    private static byte[]? Read(ValueCache cache, ulong location)
    {
        byte[] destination = new byte[ValueCache.MaxValueBytes];
        return cache.TryRead(location, destination, out int length)
            ? destination[..length]
            : null;
    }

    /// <summary>How many of a range are there; what is there must be right.</summary>
    private static int Count(ValueCache cache, int first, int last)
    {
        int found = 0;
        byte[] destination = new byte[2000];
        for (ulong i = (ulong)first; i <= (ulong)last; i++)
        {
            if (cache.TryRead(i, destination, out int length))
            {
                Assert.True(destination.AsSpan(0, length)
                    .SequenceEqual(CachedValues.Of(i, length)));
                found++;
            }
        }

        return found;
    }
}
