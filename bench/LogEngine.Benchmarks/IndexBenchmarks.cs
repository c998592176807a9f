using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;
using LogEngine.Index;

namespace LogEngine.Benchmarks;

/// <summary>The ordered index with scattered 8-byte keys behind a keyspace id.</summary>
[MemoryDiagnoser]
public class IndexBenchmarks
{
    private const int KeyBytes = 12;
    private const int SideBySide = 8;

    private readonly byte[] _keys = new byte[KeyBytes * SideBySide];
    private readonly IndexValue[] _values = new IndexValue[SideBySide];
    private readonly bool[] _found = new bool[SideBySide];
    private readonly int[] _ends = [12, 24, 36, 48, 60, 72, 84, 96];
    private OrderedIndex _index = null!;
    private PinnedRoot _pin = null!;
    private ulong _random = 1;

    /// <summary>Keys in the index.</summary>
    [Params(1_000_000, 10_000_000)]
    public int Count { get; set; }

    /// <summary>Fills the index.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _index = new OrderedIndex(new IndexOptions());
        for (int i = 0; i < Count; i++)
        {
            _index.Put(Key(0, (ulong)i), new IndexValue(i, (ulong)i, 0), out _);
            if (i % 1000 == 999)
            {
                PublishNow();
            }
        }

        PublishNow();
        _pin = _index.Pin();
    }

    /// <summary>Frees the index.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _pin.Dispose();
        _index.Dispose();
    }

    /// <summary>One key of the published state.</summary>
    [Benchmark]
    public long Get()
    {
        _index.TryGet(NextKey(0), out IndexValue value);
        return value.Version;
    }

    /// <summary>Eight keys of the published state, side by side.</summary>
    [Benchmark(OperationsPerInvoke = SideBySide)]
    public int GetEight()
    {
        for (int i = 0; i < SideBySide; i++)
        {
            NextKey(i);
        }

        return _index.TryGetMany(_keys, _ends, _values, _found);
    }

    /// <summary>
    /// One change, published, and what it retired freed as far as the pin allows.
    /// </summary>
    [Benchmark]
    public void PutAndPublish()
    {
        _index.Put(NextKey(0), new IndexValue(1, 2, 0), out _);
        PublishNow();
    }

    /// <summary>A hundred changes, published together.</summary>
    [Benchmark(OperationsPerInvoke = 100)]
    public void PutHundredAndPublish()
    {
        for (int i = 0; i < 100; i++)
        {
            _index.Put(NextKey(0), new IndexValue(1, 2, 0), out _);
        }

        PublishNow();
    }

    /// <summary>A scan of a hundredth of the keys; the time is that of the scan.</summary>
    [Benchmark]
    public long ScanOneInHundred()
    {
        long sum = 0;
        byte[] to = new byte[KeyBytes];
        BinaryPrimitives.WriteUInt64BigEndian(to.AsSpan(4), ulong.MaxValue / 100);
        IndexCursor cursor = _pin.Seek(default, to);
        while (cursor.MoveNext())
        {
            sum += cursor.Value.Version;
        }

        return sum;
    }

    /// <summary>All keys into an empty index; the time is that of the whole build.</summary>
    [Benchmark]
    public long Build()
    {
        using OrderedIndex index = new(new IndexOptions());
        using IndexBuilder builder = index.Build();
        Span<byte> key = stackalloc byte[KeyBytes];
        key.Clear();
        for (int i = 0; i < Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(key[4..], (ulong)i * 977);
            builder.Add(key, new IndexValue(i, 2, 0));
        }

        builder.Complete();
        index.Publish(1, null);
        return index.Count;
    }

    private void PublishNow()
    {
        _index.Publish(0, null);
        _index.Reclaim();
    }

    private Span<byte> NextKey(int place)
    {
        _random = Mix(_random);
        return Key(place, _random % (ulong)Count);
    }

    private Span<byte> Key(int place, ulong number)
    {
        Span<byte> key = _keys.AsSpan(place * KeyBytes, KeyBytes);
        key[..4].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(key[4..], Mix(number));
        return key;
    }

    /// <summary>SplitMix64's finalizer: one to one, and scattered.</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E37_79B9_7F4A_7C15;
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
