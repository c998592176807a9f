using LogEngine.Engine;
using LogEngine.Log;
using LogEngine.Snapshots;

namespace LogEngine.Compaction;

/// <summary>Which segments are worth rewriting, and which nothing needs any more.</summary>
internal static class Garbage
{
    /// <summary>A background pass leaves segments alone that are more alive than this.</summary>
    private const double WorthIt = 0.9;

    /// <summary>
    /// The segment with the largest dead share, if the dead share of all exceeds the threshold.
    /// </summary>
    internal static SegmentSlot? Choose(SegmentSlots slots, double threshold)
    {
        if (threshold >= 1)
        {
            return null;
        }

        long total = 0;
        long dead = 0;
        SegmentSlot? best = null;
        foreach (SegmentSlot slot in slots.All.Where(s => s.Segment.IsSealed))
        {
            if (slot.LiveRecords == 0)
            {
                // Rewriting it would change nothing: it waits for the snapshots.
                continue;
            }

            total += slot.SpaceBytes;
            dead += slot.DeadBytes;
            if (IsCandidate(slot)
                && DeadShare(slot) > 1 - WorthIt
                && (best is null || DeadShare(slot) > DeadShare(best)))
            {
                best = slot;
            }
        }

        return dead > threshold * total ? best : null;
    }

    /// <summary>Every sealed segment that holds dead bytes, the deadest first.</summary>
    internal static IReadOnlyList<SegmentSlot> All(SegmentSlots slots) =>
    [
        .. slots.All
            .Where(s => s.Segment.IsSealed && !s.IsQuarantined && s.DeadBytes > 0)
            .OrderByDescending(DeadShare),
    ];

    /// <summary>
    /// Segments that may be freed: nothing points at them, now, in a retained snapshot or in a view;
    /// no retained snapshot needs them replayed; and they are not the newest that the manifest lists.
    /// </summary>
    internal static IReadOnlyList<SegmentSlot> Unneeded(
        CommittedIndex state, LogView view, IReadOnlyList<RetainedSnapshot> retained)
    {
        if (retained.Count < StorageEngineOptions.DefaultRetainedSnapshots)
        {
            return [];
        }

        long oldest = retained.Min(s => s.Sequence);
#if LOGENGINE_PLANTED_BUGS
        if (PlantedBugs.Is(PlantedBug.FreedBeforeSnapshotsLetGo))
        {
            oldest = retained.Max(s => s.Sequence);
        }
#endif
        long pinned = state.Pins.OldestSequence ?? long.MaxValue;
        long replayed = oldest;
#if LOGENGINE_PLANTED_BUGS
        replayed = PlantedBugs.Is(PlantedBug.FreedWithItsTombstones) ? long.MaxValue : oldest;
        pinned = PlantedBugs.Is(PlantedBug.FreedUnderAView) ? long.MaxValue : pinned;
#endif
        Segment? newest = view.Map.Segments.LastOrDefault(
            s => s.FirstSequence <= view.Durable && s.FirstSequence <= s.LastSequence);
        return
        [
            .. state.Slots.All.Where(s =>
                s.Segment.IsSealed
                && !ReferenceEquals(s.Segment, newest)
                && s.LiveRecords == 0
                && s.Segment.LastSequence <= replayed
                && s.EmptiedAt <= oldest
                && s.EmptiedAt <= pinned
                && s.EmptiedAt <= state.Published),
        ];
    }

    private static bool IsCandidate(SegmentSlot slot) => !slot.IsQuarantined && !slot.IsCompacted;

    private static double DeadShare(SegmentSlot slot) =>
        (double)slot.DeadBytes / slot.SpaceBytes;
}
