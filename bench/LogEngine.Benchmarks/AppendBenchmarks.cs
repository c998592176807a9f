using BenchmarkDotNet.Attributes;

namespace LogEngine.Benchmarks;

/// <summary>
/// The producer's way without waiting, at the rate at which the disk takes it: back-pressure and
/// everything the log does in the background are part of the time.
/// </summary>
[MemoryDiagnoser]
public class AppendBenchmarks
{
    private const int Appends = 200_000;

    private string _directory = string.Empty;
    private byte[] _payload = [];
    private WriteAheadLog _log = null!;
    private Task _truncation = Task.CompletedTask;

    /// <summary>Bytes of a record.</summary>
    [Params(100, 1024)]
    public int PayloadLength { get; set; }

    /// <summary>Opens a new log.</summary>
    [GlobalSetup]
    public async Task SetupAsync()
    {
        _directory = BenchmarkDirectory.Fresh("append");
        _payload = new byte[PayloadLength];
        new Random(1).NextBytes(_payload);
        _log = await WriteAheadLog.OpenAsync(_directory);
    }

    /// <summary>Closes and removes it.</summary>
    [GlobalCleanup]
    public async Task CleanupAsync()
    {
        await _truncation;
        await _log.CloseAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>TryAppend, spinning where there is no room.</summary>
    [Benchmark(OperationsPerInvoke = Appends)]
    public long TryAppend()
    {
        long sequence = 0;
        for (int i = 0; i < Appends; i++)
        {
            SpinWait spin = default;
            while (!_log.TryAppend(_payload, out sequence))
            {
                spin.SpinOnce(sleep1Threshold: -1);
            }
        }

        TruncateBehind();
        return sequence;
    }

    /// <summary>Bounds the disk space, in the background.</summary>
    private void TruncateBehind()
    {
        if (_truncation.IsCompletedSuccessfully)
        {
            long sequence = Math.Max(_log.FirstSequence, _log.DurableSequence);
            _truncation = _log.TruncateBeforeAsync(sequence).AsTask();
        }
    }
}
