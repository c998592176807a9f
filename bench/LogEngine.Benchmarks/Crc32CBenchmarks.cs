using System.Numerics;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using LogEngine.Format;

namespace LogEngine.Benchmarks;

/// <summary>CRC-32C of several lengths, against one instruction stream without lanes.</summary>
[MemoryDiagnoser]
public class Crc32CBenchmarks
{
    private byte[] _bytes = [];

    /// <summary>Length of the input in bytes.</summary>
    [Params(32, 100, 1024, 16384, 1 << 20)]
    public int Length { get; set; }

    /// <summary>Makes the input.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _bytes = new byte[Length];
        new Random(1).NextBytes(_bytes);
    }

    /// <summary>The engine's: lanes from a few hundred bytes on.</summary>
    [Benchmark]
    public uint Engine() => Crc32C.Compute(_bytes);

    /// <summary>Eight bytes at a time, each waiting for the one before.</summary>
    [Benchmark(Baseline = true)]
    public uint SingleStream()
    {
        uint state = 0xFFFF_FFFF;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(_bytes);
        foreach (ulong word in words)
        {
            state = BitOperations.Crc32C(state, word);
        }

        foreach (byte value in _bytes.AsSpan(words.Length * sizeof(ulong)))
        {
            state = BitOperations.Crc32C(state, value);
        }

        return ~state;
    }
}
