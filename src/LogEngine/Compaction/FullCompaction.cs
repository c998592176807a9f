using LogEngine.Engine;

namespace LogEngine.Compaction;

/// <summary>Compacts everything that holds dead bytes, and frees it, because a caller asked.</summary>
/// <remarks>Not thread-safe: <see cref="Maintenance"/> does one thing at a time.</remarks>
internal sealed class FullCompaction(
    CommittedIndex state,
    SnapshotSchedule snapshots,
    Relocator relocator,
    SegmentFreeing freeing)
{
    /// <summary>Gives the bytes of the segments that were freed.</summary>
    /// <exception cref="CorruptionException">
    /// A segment is damaged; the others were compacted all the same.
    /// </exception>
    internal async Task<long> RunAsync(
        IProgress<CompactionProgress>? progress, CancellationToken token)
    {
        IReadOnlyList<SegmentSlot> garbage = Garbage.All(state.Slots);
        CorruptionException? damage = null;
        for (int i = 0; i < garbage.Count; i++)
        {
            try
            {
                await relocator.RelocateAsync(garbage[i], static _ => Task.CompletedTask, token)
                    .ConfigureAwait(false);
            }
            catch (CorruptionException found)
            {
                damage ??= found;
            }

            progress?.Report(new CompactionProgress(
                i + 1, garbage.Count, relocator.RelocatedBytes, 0));
        }

        if (garbage.Count > 0)
        {
            await snapshots.LetGoAsync(token).ConfigureAwait(false);
        }

        long freed = await freeing.FreeAsync().ConfigureAwait(false);
        progress?.Report(new CompactionProgress(
            garbage.Count, garbage.Count, relocator.RelocatedBytes, freed));
        return damage is null ? freed : throw damage;
    }
}
