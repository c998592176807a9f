using System.Diagnostics;
using LogEngine.Compare.Faster;

namespace LogEngine.Compare.Engines;

/// <summary>
/// FasterLog: recovered from its commit, read by its copy-free verifying iterator.
/// </summary>
internal sealed class FasterScan(int payloadBytes) : IBenchScan
{
    /// <inheritdoc/>
    public string Note => "XOR per entry, TryConsumeNext";

    /// <inheritdoc/>
    public Task<IBenchLog> CreateAsync(string directory, long records) =>
        Task.FromResult<IBenchLog>(
            new FasterBenchLog(directory, payloadBytes, fastCommit: false, waited: false));

    /// <inheritdoc/>
    public async Task<ScanOutcome> ReadAsync(string directory)
    {
        long started = Stopwatch.GetTimestamp();
        await using FasterLogPeer log = FasterLogPeer.OpenToRead(directory, payloadBytes);
        TimeSpan open = Stopwatch.GetElapsedTime(started);
        (long records, long bytes) = log.Scan();
        return new ScanOutcome(records, bytes, open, Stopwatch.GetElapsedTime(started));
    }
}
