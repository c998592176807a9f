using LogEngine.Log;

namespace LogEngine.Compaction;

/// <summary>When a snapshot of the index is due, by how much log there is since the last one.</summary>
/// <remarks>Writing is not thread-safe: <see cref="Maintenance"/> does one thing at a time.</remarks>
internal sealed class SnapshotSchedule(
    StorageEngineOptions options, LogCounters counters, SnapshotKeeper keeper)
{
    /// <summary>File bytes that count as much as one byte of payload.</summary>
    private const int FileBytesPerPayloadByte = 4;

    // Where the log stood at the last snapshot.
    private long _payload;
    private long _bytes;

    internal SnapshotKeeper Keeper => keeper;

    /// <summary>Looks only at a few numbers; any thread.</summary>
    internal bool IsDue()
    {
        long budget = Math.Max(options.SnapshotBudgetBytes, keeper.Newest.Bytes);
        return counters.PayloadBytes - Volatile.Read(ref _payload) >= budget
            || (counters.BytesWritten - Volatile.Read(ref _bytes)) / FileBytesPerPayloadByte
                >= budget;
    }

    /// <summary>
    /// Writes one, unless there is one of the newest root and none is forced; gives its sequence.
    /// </summary>
    internal async Task<long> WriteAsync(bool force, CancellationToken cancellationToken)
    {
        // Before: also where it fails the next try waits for a budget.
        Volatile.Write(ref _payload, counters.PayloadBytes);
        Volatile.Write(ref _bytes, counters.BytesWritten);
        return await keeper.WriteAsync(force, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// As many new snapshots as are retained: none of them points into what was emptied before, so
    /// that it can be freed.
    /// </summary>
    internal async Task LetGoAsync(CancellationToken cancellationToken)
    {
        for (int i = 0; i < options.RetainedSnapshots; i++)
        {
            await WriteAsync(force: true, cancellationToken).ConfigureAwait(false);
        }
    }
}
