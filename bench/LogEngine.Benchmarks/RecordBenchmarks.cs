using BenchmarkDotNet.Attributes;
using LogEngine.Format;

namespace LogEngine.Benchmarks;

/// <summary>Encoding and verifying one record in memory, against copying it.</summary>
[MemoryDiagnoser]
public class RecordBenchmarks
{
    private const ulong Salt = 0x1234_5678_9ABC_DEF0;
    private const long Offset = 4096;
    private const long Sequence = 42;

    private byte[] _payload = [];
    private byte[] _record = [];
    private uint _saltState;

    /// <summary>Payload of the record in bytes.</summary>
    [Params(100, 1024, 16384)]
    public int PayloadLength { get; set; }

    /// <summary>Makes a payload and a valid record of it.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _payload = new byte[PayloadLength];
        new Random(1).NextBytes(_payload);
        _record = new byte[RecordHeader.EncodedLength(PayloadLength)];
        _saltState = Crc32C.Append(Crc32C.Start, Salt);
        Encode();
    }

    /// <summary>Header, copy, checksum.</summary>
    [Benchmark]
    public void Encode() => RecordHeader.Write(
        _record, _saltState, Offset, Sequence, RecordFlags.EndOfBatch, _payload);

    /// <summary>Checksum and identity, as a reader checks them.</summary>
    [Benchmark]
    public bool Verify() =>
        RecordHeader.Verify(_record, _record.Length, _saltState, Offset, Sequence);

    /// <summary>What no encoding can avoid.</summary>
    [Benchmark(Baseline = true)]
    public void CopyAlone() => _payload.CopyTo(_record.AsSpan(RecordHeader.Size));
}
