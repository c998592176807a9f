using LogEngine.Engine;
using LogEngine.Index;

namespace LogEngine.Running;

/// <summary>
/// Statistics of what is read from, the same of an engine that is open for writing and of one seen from
/// outside: as of one that nobody watches, and on which nothing works in the background.
/// </summary>
internal static class WhatIsRead
{
    internal static EmbeddedStatistics Take(
        LogStatistics log, CommittedIndex state, EngineReads reads, ValueReader values)
    {
        IReadOnlyList<SegmentSlot> slots = state.Slots.All;
        long live = slots.Sum(s => s.LiveBytes);
        long all = slots.Sum(s => s.Segment.ReadableEnd);
        IndexStatistics index = state.Index.Statistics;
        return new EmbeddedStatistics
        {
            Log = log,
            Keys = state.Facts.Keys,
            Keyspaces = state.Facts.Keyspaces.Count,
            DataBytes = live,
            StorageBytes = all,
            IndexBytes = index.UsedBytes,
            IndexRetiredBytes = index.RetiredBytes,
            IndexReservedBytes = index.ReservedBytes,
            CacheHits = reads.CacheHits,
            FileReads = values.FileReads,
            SegmentBytes = all,
            LiveBytes = live,
            OpenViews = state.Pins.Count,
            OldestViewSequence = state.Pins.OldestSequence,
            SnapshotSequence = 0,
            SnapshotsWritten = 0,
            RelocatedBytes = 0,
            SegmentsFreed = 0,
            MaintenanceFailure = null,
        };
    }
}
