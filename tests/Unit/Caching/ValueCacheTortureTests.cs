using System.Diagnostics;
using LogEngine.Caching;

namespace LogEngine.Unit.Caching;

/// <summary>
/// Readers and writers at once on a cache that is overwritten all the time: every value read must
/// be the one that its location makes, byte for byte.
/// </summary>
[Trait("Speed", "slow")]
public sealed class ValueCacheTortureTests
{

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(2);

    // Many small values go round quickly; of few large ones, one that is half overwritten is
    // often the one that is read.
    [Theory]
    [InlineData(48 << 10, 700, 3000)]
    [InlineData(600 << 10, 60_000, 60)]
    [InlineData(20 << 20, 6000, 10_000)]
    public async Task No_read_gives_torn_or_foreign_bytes(
        long capacity, int longest, int locations)
    {
        using ValueCache cache = new(capacity);
        long ending = Stopwatch.GetTimestamp() + (long)(Length.TotalSeconds * Stopwatch.Frequency);
        long hits = 0;
        long adds = 0;

        // Threads of their own: they compete for the processors, and are stopped anywhere.
        Task[] tasks =
        [
            .. Enumerable.Range(1, 3).Select(seed => Start(() => Write(seed))),
            .. Enumerable.Range(11, 4).Select(seed => Start(() => Read(seed))),
        ];
        await Task.WhenAll(tasks);

        Assert.True(hits > 1000, $"{hits} hits");
        Assert.True(adds > 1000, $"{adds} values put in");
        Assert.InRange(cache.AllocatedBytes, 1, capacity);

        void Write(int seed)
        {
            Random random = new(seed);
            byte[] value = new byte[longest];
            while (Stopwatch.GetTimestamp() < ending)
            {
                ulong location = Location((ulong)random.Next(locations));
                int length = CachedValues.Imitation(value, location, Location(location + 1));
                adds += cache.Add(location, value.AsSpan(0, length)) ? 1 : 0;
            }
        }

        void Read(int seed)
        {
            Random random = new(seed);
            byte[] read = new byte[longest];
            byte[] expected = new byte[longest];
            while (Stopwatch.GetTimestamp() < ending)
            {
                ulong location = Location((ulong)random.Next(locations));
                if (random.Next(4) == 0)
                {
                    cache.PrefetchValue(location);
                }

                int right = CachedValues.LengthOf(location, longest);
                if (cache.TryRead(location, read, out int length))
                {
                    CachedValues.Imitation(expected, location, Location(location + 1));
                    Assert.Equal(right, length);
                    Assert.True(
                        read.AsSpan(0, length).SequenceEqual(expected.AsSpan(0, right)),
                        $"wrong bytes under {location}");
                    hits++;
                }

                Assert.True(!cache.TryGetLength(location, out length) || length == right);
            }
        }

        ulong Location(ulong number) => ((number % (ulong)locations) * 136) + 8;
    }

    private static Task Start(Action action) => Task.Factory.StartNew(
        action,
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
