using BenchmarkDotNet.Attributes;

namespace LogEngine.Benchmarks;

/// <summary>
/// Reading a closed and reopened log from its first record to its last, cache warm.
/// </summary>
[MemoryDiagnoser]
public class ScanBenchmarks
{
    private const int Records = 1_000_000;

    private string _directory = string.Empty;
    private WriteAheadLog _log = null!;

    /// <summary>Bytes of a record.</summary>
    [Params(100, 1024)]
    public int PayloadLength { get; set; }

    /// <summary>Writes the log, closes it, opens it again.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        _directory = BenchmarkDirectory.Fresh("scan");
        byte[] payload = new byte[PayloadLength];
        new Random(1).NextBytes(payload);
        _log = await WriteAheadLog.OpenAsync(_directory);
        for (int i = 0; i < Records; i++)
        {
            await _log.AppendAsync(payload, Durability.None);
        }

        await _log.CloseAsync();
        _log = await WriteAheadLog.OpenAsync(_directory);
    }

    /// <summary>Closes and removes it.</summary>
    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _log.CloseAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>TryRead: verified, payload in the reader's buffer.</summary>
    [Benchmark(OperationsPerInvoke = Records)]
    public long TryRead()
    {
        using LogReader reader = _log.OpenReader(_log.FirstSequence);
        long bytes = 0;
        while (reader.TryRead(out StoredRecord record))
        {
            bytes += record.Payload.Length;
        }

        return bytes == (long)Records * PayloadLength
            ? bytes
            : throw new InvalidDataException($"{bytes} payload bytes were read.");
    }
}
