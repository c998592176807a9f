using LogEngine.Engine;
using LogEngine.Log;

namespace LogEngine.Compaction;

/// <summary>Frees the segments that nothing needs any more.</summary>
/// <remarks>Not thread-safe: <see cref="Maintenance"/> does one thing at a time.</remarks>
/// <param name="state">The index.</param>
/// <param name="garbage">Says what may go.</param>
/// <param name="view">The log's segments.</param>
/// <param name="store">Takes them out of the live set.</param>
/// <param name="snapshots">What is retained.</param>
/// <param name="waitForReaders">Returns when everybody who reads at the call has done so.</param>
internal sealed class SegmentFreeing(
    CommittedIndex state,
    Garbage garbage,
    LogView view,
    IStoreFiles store,
    SnapshotKeeper snapshots,
    Action waitForReaders)
{
    private long _freed;

    /// <summary>Segments freed so far.</summary>
    internal long Freed => Interlocked.Read(ref _freed);

    /// <summary>Frees what may be freed now; gives its bytes.</summary>
    /// <param name="despiteWatches">Also what watches have yet to read: on a full disk.</param>
    internal async Task<long> FreeAsync(bool despiteWatches = false)
    {
        IReadOnlyList<SegmentSlot> free =
            garbage.Unneeded(view, snapshots.Retained, despiteWatches);
        if (free.Count == 0)
        {
            return 0;
        }

        await store.FreeAsync(free.Select(s => s.Segment).ToHashSet()).ConfigureAwait(false);
        long bytes = 0;
        foreach (SegmentSlot slot in free)
        {
            state.Slots.Remove(slot);
            bytes += slot.Segment.ReadableEnd;
        }

        waitForReaders();
        foreach (SegmentSlot slot in free)
        {
            state.Slots.Reuse(slot);
        }

        Interlocked.Add(ref _freed, free.Count);
        return bytes;
    }
}
