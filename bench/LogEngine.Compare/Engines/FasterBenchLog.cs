using LogEngine.Compare.Faster;

namespace LogEngine.Compare.Engines;

/// <summary>FasterLog behind the harness's face.</summary>
internal sealed class FasterBenchLog : IBenchLog
{
    private readonly FasterLogPeer _log;

    internal FasterBenchLog(string directory, int payloadBytes, bool fastCommit, bool waited)
    {
        _log = FasterLogPeer.Open(directory, payloadBytes, fastCommit, waited);
        Note = fastCommit ? "fast commit, XOR per entry" : "XOR per entry";
    }

    /// <inheritdoc/>
    public string Note { get; }

    /// <inheritdoc/>
    public ValueTask<long> AppendAsync(ReadOnlyMemory<byte> payload) => _log.AppendAsync(payload);

    /// <inheritdoc/>
    public long Append(ReadOnlySpan<byte> payload) => _log.Append(payload);

    /// <inheritdoc/>
    public bool TryAppend(ReadOnlySpan<byte> payload) => _log.TryAppend(payload);

    /// <inheritdoc/>
    public ValueTask FlushAsync() => _log.FlushAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _log.DisposeAsync();
}
