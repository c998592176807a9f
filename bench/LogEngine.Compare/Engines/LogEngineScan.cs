using System.Diagnostics;

namespace LogEngine.Compare.Engines;

/// <summary>LogEngine: opened for writing, as after a restart, and read by one reader.</summary>
internal sealed class LogEngineScan(CompareOptions options, int payloadBytes) : IBenchScan
{
    /// <inheritdoc/>
    public string Note => "CRC-32C, TryRead";

    /// <inheritdoc/>
    public async Task<IBenchLog> CreateAsync(string directory, long records) =>
        await LogEngineBenchLog.OpenAsync(
            directory,
            options.LogOptions,
            Durability.None,
            payloadBytes,
            keepBytes: long.MaxValue / 2,
            warm: false);

    /// <inheritdoc/>
    public async Task<ScanOutcome> ReadAsync(string directory)
    {
        long started = Stopwatch.GetTimestamp();
        await using WriteAheadLog log =
            await WriteAheadLog.OpenAsync(directory, options.LogOptions);
        TimeSpan open = Stopwatch.GetElapsedTime(started);
        using LogReader reader = log.OpenReader(log.FirstSequence);
        (long records, long bytes) = Read(reader);
        return new ScanOutcome(records, bytes, open, Stopwatch.GetElapsedTime(started));
    }

    private static (long Records, long Bytes) Read(LogReader reader)
    {
        long records = 0;
        long bytes = 0;
        while (reader.TryRead(out StoredRecord record))
        {
            records++;
            bytes += record.Payload.Length;
        }

        return (records, bytes);
    }
}
