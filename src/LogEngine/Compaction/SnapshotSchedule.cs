using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Telemetry;
using Microsoft.Extensions.Logging;

namespace LogEngine.Compaction;

/// <summary>When a snapshot of the index is due, by how much log there is since the last one.</summary>
/// <remarks>Writing is not thread-safe: <see cref="Maintenance"/> does one thing at a time.</remarks>
internal sealed class SnapshotSchedule(
    StorageEngineOptions options,
    CommittedIndex state,
    LogCounters counters,
    SnapshotKeeper keeper,
    ILogger logger)
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
    /// Whether dead segments wait for nothing but snapshots, and take more space than a snapshot and
    /// than a segment does. Only what log has been written for can wait, so writing snapshots for it comes to
    /// an end, and to no more bytes than it frees twice over.
    /// </summary>
    internal bool AreWorthTheirSpace()
    {
        long oldest = keeper.Retained.Count < options.RetainedSnapshots
            ? 0
            : keeper.Retained[0].Sequence;
        long pinned = state.Pins.OldestSequence ?? long.MaxValue;
        long waiting = state.Slots.All
            .Where(s => s.Segment.IsSealed && s.LiveRecords == 0 && s.EmptiedAt <= pinned
                && Math.Max(s.EmptiedAt, s.Segment.LastSequence) > oldest)
            .Sum(s => s.Segment.ReadableEnd);
        long snapshot = keeper.Newest.Bytes > 0
            ? keeper.Newest.Bytes
            : state.Index.Statistics.UsedBytes;
        return waiting > Math.Max(options.SegmentSizeBytes, snapshot);
    }

    /// <summary>
    /// Writes one, unless there is one of the newest root and none is forced; gives its sequence.
    /// </summary>
    internal async Task<long> WriteAsync(bool force, CancellationToken cancellationToken)
    {
        // Before: also where it fails the next try waits for a budget.
        Volatile.Write(ref _payload, counters.PayloadBytes);
        Volatile.Write(ref _bytes, counters.BytesWritten);
        long begun = options.TimeProvider.GetTimestamp();
        long written = keeper.Written;
        long sequence = await keeper.WriteAsync(force, cancellationToken).ConfigureAwait(false);
        if (keeper.Written != written)
        {
            LogEvents.SnapshotWritten(
                logger,
                sequence,
                keeper.Newest.Bytes,
                (long)options.TimeProvider.GetElapsedTime(begun).TotalMilliseconds);
        }

        return sequence;
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
