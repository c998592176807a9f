using LogEngine.Engine;
using LogEngine.Log;

namespace LogEngine.Compaction;

/// <summary>
/// One pass of what goes on in the background: space on a full disk, a snapshot by budget, freeing,
/// compaction by dead bytes.
/// </summary>
/// <remarks>Not thread-safe: <see cref="Maintenance"/> does one thing at a time.</remarks>
internal sealed class BackgroundPass(
    StorageEngineOptions options,
    IScheduler scheduler,
    CommittedIndex state,
    LogCounters counters,
    FullDisk fullDisk,
    OrphanSweep orphans,
    SnapshotSchedule snapshots,
    Relocator relocator,
    SegmentFreeing freeing)
{
    private long _segmentsAtLook;

    /// <summary>
    /// Called by the committer after each group: only looks at a few numbers.
    /// </summary>
    internal bool IsDue() =>
        snapshots.IsDue()
        || counters.SegmentsStarted != Volatile.Read(ref _segmentsAtLook)
        || fullDisk.NeedsSpace;

    internal async Task RunAsync(CancellationToken token)
    {
        Volatile.Write(ref _segmentsAtLook, counters.SegmentsStarted);
        if (fullDisk.NeedsSpace)
        {
            await fullDisk.MakeSpaceAsync(token).ConfigureAwait(false);
        }

        await orphans.RunAsync().ConfigureAwait(false);
        if (snapshots.IsDue())
        {
            await snapshots.WriteAsync(force: false, token).ConfigureAwait(false);
        }

        await freeing.FreeAsync().ConfigureAwait(false);
        fullDisk.KeepBack();
        while (Garbage.Choose(state.Slots, options.CompactionThreshold) is { } slot)
        {
            await relocator.RelocateAsync(slot, bytes => PauseAsync(bytes, token), token)
                .ConfigureAwait(false);
            if (snapshots.IsDue())
            {
                await snapshots.WriteAsync(force: false, token).ConfigureAwait(false);
                await freeing.FreeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Holds the background back to the rate that the options allow.</summary>
    private async Task PauseAsync(long bytes, CancellationToken token)
    {
        TimeSpan pause = TimeSpan.FromSeconds((double)bytes / options.CompactionBytesPerSecond);
        if (pause > TimeSpan.FromMilliseconds(1))
        {
            await scheduler.Until(Task.Delay(pause, options.TimeProvider, token))
                .ConfigureAwait(false);
        }
    }
}
