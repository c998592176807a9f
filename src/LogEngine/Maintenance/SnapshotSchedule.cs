using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Telemetry;

namespace LogEngine.Maintenance;

/// <summary>When a snapshot of the index is due, by how much log there is since the last one.</summary>
/// <remarks>Writing is not thread-safe: <see cref="Maintainer"/> does one thing at a time.</remarks>
internal sealed class SnapshotSchedule(MaintainedEngine engine, SnapshotKeeper keeper)
{
    /// <summary>File bytes that count as much as one byte of payload.</summary>
    private const int FileBytesPerPayloadByte = 4;

    /// <summary>Bytes that a snapshot lets go of, for each of its own, to be written early.</summary>
    private const int WorthPerByte = 16;

    private readonly StorageEngineOptions _options = engine.Options;
    private readonly CommittedIndex _state = engine.State;
    private readonly LogCounters _counters = engine.Log.Counters;

    // Where the log stood at the last snapshot.
    private long _payload;
    private long _bytes;

    internal SnapshotKeeper Keeper => keeper;

    /// <summary>About what the next one will take.</summary>
    private long NextBytes =>
        keeper.Newest.Bytes > 0 ? keeper.Newest.Bytes : _state.Index.Statistics.UsedBytes;

    /// <summary>Looks only at a few numbers; any thread.</summary>
    internal bool IsDue()
    {
        long budget = Math.Max(_options.SnapshotBudgetBytes, keeper.Newest.Bytes);
        return _counters.PayloadBytes - Volatile.Read(ref _payload) >= budget
            || (_counters.BytesWritten - Volatile.Read(ref _bytes)) / FileBytesPerPayloadByte
                >= budget;
    }

    /// <summary>
    /// Whether one is worth its bytes before it is due: dead segments wait for it that take a
    /// multiple of its own space. So it is in a queue, whose index is small and whose log is long.
    /// </summary>
    internal bool IsWorthwhile()
    {
        if (_options.CompactionThreshold >= 1)
        {
            return false;
        }

        long waiting = BytesEmptiedSince(keeper.Newest.Sequence);
        return waiting >= _options.SegmentSizeBytes / 2 && waiting >= WorthPerByte * NextBytes;
    }

    /// <summary>
    /// Whether, on a log at rest, as many as are retained are worth it for what waits for them: if
    /// that takes more space than one of them and than a segment. Only what log has been written
    /// for can wait, so it comes to an end, and to no more bytes than it frees twice over.
    /// </summary>
    internal bool AreWorthwhileAtRest()
    {
        if (_options.CompactionThreshold >= 1)
        {
            return false;
        }

        long oldest = keeper.Retained.Count < _options.RetainedSnapshots
            ? 0
            : keeper.Retained[0].Sequence;
        return BytesEmptiedSince(oldest) > Math.Max(_options.SegmentSizeBytes, NextBytes);
    }

    /// <summary>
    /// Writes one, unless there is one of the newest root and none is forced; gives its sequence.
    /// </summary>
    internal async Task<long> WriteAsync(
        bool force, Func<long, Task> pace, CancellationToken cancellationToken)
    {
        // Before: also where it fails the next try waits for a budget.
        Volatile.Write(ref _payload, _counters.PayloadBytes);
        Volatile.Write(ref _bytes, _counters.BytesWritten);
        long begun = _options.TimeProvider.GetTimestamp();
        long written = keeper.Written;
        long sequence = await keeper.WriteAsync(force, pace, cancellationToken).ConfigureAwait(false);
        if (keeper.Written != written)
        {
            LogEvents.SnapshotWritten(
                engine.Logger,
                sequence,
                keeper.Newest.Bytes,
                (long)_options.TimeProvider.GetElapsedTime(begun).TotalMilliseconds);
        }

        return sequence;
    }

    /// <summary>
    /// As many new snapshots as are retained: none of them points into what was emptied before, so
    /// that it can be freed.
    /// </summary>
    internal async Task LetGoAsync(Func<long, Task> pace, CancellationToken cancellationToken)
    {
        for (int i = 0; i < _options.RetainedSnapshots; i++)
        {
            await WriteAsync(force: true, pace, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Of dead segments that snapshots up to a sequence still need, and no view does.</summary>
    private long BytesEmptiedSince(long sequence)
    {
        long pinned = _state.Pins.OldestSequence ?? long.MaxValue;
        return _state.Slots.All
            .Where(s => s.Segment.IsSealed && s.LiveRecords == 0 && s.EmptiedAt <= pinned
                && Math.Max(s.EmptiedAt, s.Segment.LastSequence) > sequence)
            .Sum(s => s.Segment.ReadableEnd);
    }
}
