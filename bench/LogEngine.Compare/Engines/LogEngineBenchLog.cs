using System.Diagnostics;

namespace LogEngine.Compare.Engines;

/// <summary>LogEngine behind the harness's face, with a bound on the disk it takes.</summary>
/// <remarks>
/// A background task truncates behind the durable sequence as a user with retention would; the
/// files it frees are recycled, so a long run writes into prepared files only.
/// </remarks>
internal sealed class LogEngineBenchLog : IBenchLog
{
    private const int WarmPayloadBytes = 32 << 10;

    private static readonly TimeSpan TruncatePeriod = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan WarmTimeout = TimeSpan.FromSeconds(10);

    private readonly WriteAheadLog _log;
    private readonly Durability _durability;
    private readonly long _keepBytes;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _truncation;

    private LogEngineBenchLog(
        WriteAheadLog log, Durability durability, int payloadBytes, long keepBytes)
    {
        _log = log;
        _durability = durability;
        _keepBytes = keepBytes;
        Note = log.Recovery.IoMode == IoMode.Direct ? "direct" : "buffered";
        _truncation = TruncateUntilClosedAsync(payloadBytes);
    }

    /// <inheritdoc/>
    public string Note { get; }

    /// <summary>Segments begun in a recycled file so far.</summary>
    internal long SegmentsRecycled => _log.Statistics.SegmentsRecycled;

    /// <summary>Opens a log; on request with its pool of recycled segments filled.</summary>
    internal static async Task<LogEngineBenchLog> OpenAsync(
        string directory,
        WriteAheadLogOptions options,
        Durability durability,
        int payloadBytes,
        long keepBytes,
        bool warm)
    {
        WriteAheadLog log = await WriteAheadLog.OpenAsync(directory, options);
        if (warm)
        {
            await WarmPoolAsync(log, options);
        }

        return new LogEngineBenchLog(log, durability, payloadBytes, keepBytes);
    }

    /// <inheritdoc/>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload) =>
        _log.AppendAsync(payload, _durability);

    /// <inheritdoc/>
    public long Append(ReadOnlySpan<byte> payload) => _log.Append(payload, _durability);

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<byte> payload) => _log.TryAppend(payload, out _);

    /// <inheritdoc/>
    public ValueTask FlushAsync() => _log.FlushAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        await _truncation.ConfigureAwait(false);
        await _log.CloseAsync().ConfigureAwait(false);
        _closing.Dispose();
    }

    /// <summary>Writes more segments than the pool holds, then frees them all at once.</summary>
    private static async Task WarmPoolAsync(WriteAheadLog log, WriteAheadLogOptions options)
    {
        byte[] payload = Measuring.Appenders.Payload(seed: 1, WarmPayloadBytes);
        long bytes = (options.SpareSegments + 2) * options.SegmentSizeBytes;
        for (long written = 0; written < bytes; written += payload.Length)
        {
            await log.AppendAsync(payload, Durability.None);
        }

        await log.FlushAsync();
        await log.TruncateBeforeAsync(log.DurableSequence);
        for (long started = Stopwatch.GetTimestamp();
            log.Statistics.SpareSegments < options.SpareSegments
            && Stopwatch.GetElapsedTime(started) < WarmTimeout;)
        {
            await Task.Delay(10);
        }
    }

    private async Task TruncateUntilClosedAsync(int payloadBytes)
    {
        // A statistics object is made only when enough may have been written since the last look,
        // so that the measured path's allocations stay visible as what they are.
        long mostBytesPerRecord = (payloadBytes + 64 + 4095L) / 4096 * 4096;
        long looked = _log.DurableSequence;
        LogStatistics first = _log.Statistics;
        using PeriodicTimer timer = new(TruncatePeriod);
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(_closing.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            long durable = _log.DurableSequence;
            if ((durable - looked) * mostBytesPerRecord < _keepBytes / 8)
            {
                continue;
            }

            looked = durable;
            LogStatistics last = _log.Statistics;
            double bytesPerRecord = (double)(last.BytesWritten - first.BytesWritten)
                / Math.Max(1, last.RecordsAppended - first.RecordsAppended);
            long before = durable - (long)(_keepBytes / Math.Max(1, bytesPerRecord));
            if (before > _log.FirstSequence)
            {
                await _log.TruncateBeforeAsync(before, CancellationToken.None)
                    .ConfigureAwait(false);
            }
        }
    }
}
