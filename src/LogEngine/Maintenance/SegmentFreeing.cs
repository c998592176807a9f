using LogEngine.Engine;

namespace LogEngine.Maintenance;

/// <summary>Frees the segments that nothing needs any more.</summary>
/// <remarks>Not thread-safe: <see cref="Maintainer"/> does one thing at a time.</remarks>
/// <param name="engine">Whose they are.</param>
/// <param name="garbage">Says what may go.</param>
/// <param name="snapshots">What is retained.</param>
internal sealed class SegmentFreeing(
    MaintainedEngine engine, Garbage garbage, SnapshotKeeper snapshots)
{
    private long _freed;

    /// <summary>Segments freed so far.</summary>
    internal long Freed => Interlocked.Read(ref _freed);

    /// <summary>Frees what may be freed now; gives its bytes.</summary>
    /// <param name="despiteWatches">Also what watches have yet to read: on a full disk.</param>
    internal async Task<long> FreeAsync(bool despiteWatches = false)
    {
        IReadOnlyList<SegmentSlot> free = garbage.Unneeded(
            engine.Log.View, snapshots.Retained, despiteWatches);
        if (free.Count == 0)
        {
            return 0;
        }

        await engine.Store.FreeAsync(free.Select(s => s.Segment).ToHashSet())
            .ConfigureAwait(false);
        long bytes = 0;
        foreach (SegmentSlot slot in free)
        {
            engine.State.Slots.Remove(slot);
            bytes += slot.Segment.ReadableEnd;
        }

        engine.WaitForReaders();
        foreach (SegmentSlot slot in free)
        {
            engine.State.Slots.Reuse(slot);
        }

        Interlocked.Add(ref _freed, free.Count);
        return bytes;
    }
}
