using LogEngine.Engine;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Snapshots;

namespace LogEngine.Maintenance;

/// <summary>What is dead in the sealed segments, and which of them nothing needs any more.</summary>
/// <param name="state">The index.</param>
/// <param name="batchBytes">Most bytes of records that one step of a relocation writes.</param>
internal sealed class Garbage(CommittedIndex state, int batchBytes)
{
    /// <summary>Whether what is live in a segment may be moved, and there is anything.</summary>
    internal static bool IsMovable(SegmentSlot slot) =>
        slot.Segment.IsSealed && !slot.IsQuarantined && !slot.IsCompacted && slot.LiveRecords > 0;

    internal SegmentWear WearOf(SegmentSlot slot)
    {
        long live = slot.LiveBytes;
        return new SegmentWear(
            slot.SpaceBytes,
            live,
            SegmentWear.Rewritten(
                live,
                slot.LiveRecords,
                batchBytes,
                Relocator.MostRecords,
                GroupHeader.Size,
                slot.Segment.Header.Alignment),
            slot.DeathRate,
            AgeOf(slot));
    }

    /// <summary>
    /// Every sealed segment that holds dead bytes, the deadest first: a block, or half of the few
    /// that it has.
    /// </summary>
    internal IReadOnlyList<SegmentSlot> All() =>
    [
        .. state.Slots.All
            .Where(s => s.Segment.IsSealed && !s.IsQuarantined)
            .Select(s => (Slot: s, Wear: WearOf(s)))
            .Where(s => s.Wear.DeadBytes
                >= Math.Min(s.Slot.Segment.Header.Alignment, s.Wear.SpaceBytes / 2))
            .OrderByDescending(s => s.Wear.DeadShare)
            .Select(s => s.Slot),
    ];

    /// <summary>
    /// Segments that may be freed: nothing points at them, now, in a retained snapshot or in a view;
    /// no retained snapshot needs them replayed; no watch has yet to read them; and they are not the newest
    /// that the manifest lists.
    /// </summary>
    /// <param name="view">The log's segments.</param>
    /// <param name="retained">The snapshots.</param>
    /// <param name="despiteWatches">Watches that lag behind lose what they have not read.</param>
    internal IReadOnlyList<SegmentSlot> Unneeded(
        LogView view, IReadOnlyList<RetainedSnapshot> retained, bool despiteWatches)
    {
        if (retained.Count < StorageEngineOptions.DefaultRetainedSnapshots)
        {
            return [];
        }

        long oldest = retained.Min(s => s.Sequence);
        long pinned = state.Pins.OldestSequence ?? long.MaxValue;
        long watched = (despiteWatches ? null : state.Watches.OldestSequence) ?? long.MaxValue;
        Segment? newest = view.Map.Segments.LastOrDefault(
            s => s.FirstSequence <= view.Durable && s.FirstSequence <= s.LastSequence);
        return
        [
            .. state.Slots.All.Where(s =>
                s.Segment.IsSealed
                && !ReferenceEquals(s.Segment, newest)
                && s.LiveRecords == 0
                && s.Segment.LastSequence <= oldest
                && s.EmptiedAt <= oldest
                && s.EmptiedAt <= pinned
                && s.Segment.LastSequence <= watched
                && s.EmptiedAt <= state.Published),
        ];
    }

    /// <summary>By sequences, which outlive a reopening; in bytes as its own records had.</summary>
    private double AgeOf(SegmentSlot slot)
    {
        Segment segment = slot.Segment;
        long records = Math.Max(1, segment.LastSequence - segment.FirstSequence + 1);
        long since = Math.Max(0, state.Published - segment.LastSequence);
        return (double)since / records * slot.SpaceBytes;
    }
}
