using LogEngine.Engine;

namespace LogEngine.Maintenance;

/// <summary>Compacts everything that holds dead bytes, and frees it, because a caller asked.</summary>
/// <remarks>Not thread-safe: <see cref="Maintainer"/> does one thing at a time.</remarks>
internal sealed class FullCompaction(MaintenanceParts parts)
{
    private readonly Relocator _relocator = parts.Relocator;

    /// <summary>Gives the bytes of the segments that were freed.</summary>
    /// <exception cref="CorruptionException">
    /// A segment is damaged; the others were compacted all the same.
    /// </exception>
    internal async Task<long> RunAsync(
        IProgress<CompactionProgress>? progress, CancellationToken token)
    {
        IReadOnlyList<SegmentSlot> dead = parts.Garbage.All();
        CorruptionException? damage = null;
        for (int i = 0; i < dead.Count; i++)
        {
            try
            {
                await _relocator.RelocateAsync(dead[i], Pace.None, token)
                    .ConfigureAwait(false);
            }
            catch (CorruptionException found)
            {
                damage ??= found;
            }

            progress?.Report(new CompactionProgress(
                i + 1, dead.Count, _relocator.RelocatedBytes, 0));
        }

        if (dead.Count > 0)
        {
            await parts.Snapshots.LetGoAsync(Pace.None, token).ConfigureAwait(false);
        }

        long freed = await parts.Freeing.FreeAsync().ConfigureAwait(false);
        progress?.Report(new CompactionProgress(
            dead.Count, dead.Count, _relocator.RelocatedBytes, freed));
        return damage is null ? freed : throw damage;
    }
}
