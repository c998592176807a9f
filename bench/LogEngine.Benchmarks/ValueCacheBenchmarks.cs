using BenchmarkDotNet.Attributes;
using LogEngine.Caching;
using LogEngine.Storage;

namespace LogEngine.Benchmarks;

/// <summary>The value cache with values of 100 bytes, read and put in at random.</summary>
public class ValueCacheBenchmarks
{
    private const int ValueBytes = 100;
    private const int ReadsPerCall = 1 << 16;
    private const int ManyGet = 8;

    private readonly byte[] _value = new byte[ValueBytes];
    private ulong[] _order = [];
    private ValueCache _cache = new(0);
    private ulong _next;

    /// <summary>Values in the cache.</summary>
    [Params(1_000_000, 10_000_000)]
    public int Values { get; set; }

    /// <summary>Fills a cache that holds them all.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _cache = new ValueCache(Values * 160L, LargePages.Advise);
        Random random = new(1);
        random.NextBytes(_value);
        for (int i = 1; i <= Values; i++)
        {
            _cache.Add(Location((ulong)i), _value);
        }

        _order = new ulong[ReadsPerCall];
        for (int i = 0; i < _order.Length; i++)
        {
            _order[i] = Location((ulong)random.NextInt64(1, Values + 1));
        }

        _next = (ulong)Values + 1;
    }

    /// <summary>Chooses other values for every iteration, so that none of them is near.</summary>
    [IterationSetup(Targets = [nameof(Hit), nameof(HitEightAtOnce), nameof(Miss)])]
    public void Shuffle()
    {
        Random random = new((int)(_next++ % int.MaxValue));
        foreach (ref ulong location in _order.AsSpan())
        {
            location = Location((ulong)random.NextInt64(1, Values + 1));
        }
    }

    /// <summary>Gives the memory back.</summary>
    [GlobalCleanup]
    public void Cleanup() => _cache.Dispose();

    /// <summary>One after the other.</summary>
    [Benchmark(OperationsPerInvoke = ReadsPerCall)]
    public int Hit()
    {
        Span<byte> value = stackalloc byte[ValueBytes];
        int found = 0;
        foreach (ulong location in _order)
        {
            found += _cache.TryRead(location, value, out _) ? 1 : 0;
        }

        return found;
    }

    /// <summary>Eight at a time, prefetched.</summary>
    [Benchmark(OperationsPerInvoke = ReadsPerCall)]
    public int HitEightAtOnce()
    {
        Span<byte> value = stackalloc byte[ValueBytes];
        int found = 0;
        for (int i = 0; i < _order.Length; i += ManyGet)
        {
            ReadOnlySpan<ulong> locations = _order.AsSpan(i, ManyGet);
            foreach (ulong location in locations)
            {
                _cache.Prefetch(location);
            }

            foreach (ulong location in locations)
            {
                _cache.PrefetchValue(location);
            }

            foreach (ulong location in locations)
            {
                found += _cache.TryRead(location, value, out _) ? 1 : 0;
            }
        }

        return found;
    }

    /// <summary>Locations that are not there.</summary>
    [Benchmark(OperationsPerInvoke = ReadsPerCall)]
    public int Miss()
    {
        Span<byte> value = stackalloc byte[ValueBytes];
        int found = 0;
        foreach (ulong location in _order)
        {
            found += _cache.TryRead(location + 1, value, out _) ? 1 : 0;
        }

        return found;
    }

    /// <summary>New values, which push out the oldest.</summary>
    [Benchmark(OperationsPerInvoke = ReadsPerCall)]
    public void Add()
    {
        for (int i = 0; i < ReadsPerCall; i++)
        {
            _cache.Add(Location(_next++), _value);
        }
    }

    /// <summary>The same by somebody who knows what comes next.</summary>
    [Benchmark(OperationsPerInvoke = ReadsPerCall)]
    public void AddPrefetched()
    {
        for (int i = 0; i < ReadsPerCall; i++)
        {
            _cache.Prefetch(Location(_next + ManyGet));
            _cache.Add(Location(_next++), _value);
        }
    }

    /// <summary>As a log would number them: multiples of a record's length.</summary>
    private static ulong Location(ulong number) => number * 136;
}
