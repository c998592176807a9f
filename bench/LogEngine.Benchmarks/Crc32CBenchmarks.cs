using System.Numerics;
using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;
using LogEngine.Format;

namespace LogEngine.Benchmarks;

/// <summary>
/// CRC-32C of several lengths: as the engine does it, by System.IO.Hashing alone, and by one
/// instruction stream without lanes. What is fastest here decides what the engine does.
/// </summary>
[MemoryDiagnoser]
public class Crc32CBenchmarks
{
    private byte[] _bytes = [];

    /// <summary>Length of the input in bytes.</summary>
    [Params(24, 64, 136, 192, 256, 376, 1024, 4096, 1 << 16)]
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

    /// <summary>System.IO.Hashing from a state on, which it takes a shift to bring in.</summary>
    [Benchmark]
    public uint Library() => ~Crc32C.AppendByLibrary(0x1234_5678, _bytes);

    /// <summary>System.IO.Hashing from its own start.</summary>
    [Benchmark]
    public uint LibraryUnseeded() =>
        System.IO.Hashing.Crc32.HashToUInt32(System.IO.Hashing.Crc32ParameterSet.Crc32C, _bytes);

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
