using LogEngine.Log;

namespace LogEngine.Compaction;

/// <summary>
/// One pass of what goes on in the background: space on a full disk, what has expired, a snapshot
/// by budget, freeing, compaction by dead bytes; and what waits for writes to pause.
/// </summary>
/// <remarks>Not thread-safe: <see cref="Maintenance"/> does one thing at a time.</remarks>
internal sealed class BackgroundPass(
    Pace pace,
    RestClock clock,
    LogCounters counters,
    CompactionPolicy policy,
    FullDisk fullDisk,
    OrphanSweep orphans,
    ExpirySweep expired,
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
        || fullDisk.NeedsSpace
        || expired.IsSoonerThanPlanned;

    /// <summary>
    /// Gives the time after which there is more to do even if nothing is written; zero where it was
    /// cut short for somebody who waits.
    /// </summary>
    internal async Task<TimeSpan?> RunAsync(CancellationToken token)
    {
        WriteActivity activity = clock.Look();
        Volatile.Write(ref _segmentsAtLook, counters.SegmentsStarted);
        if (fullDisk.NeedsSpace)
        {
            await fullDisk.MakeSpaceAsync(token).ConfigureAwait(false);
        }

        // First: what follows goes at its own pace, and the disk may be full before it has ended.
        fullDisk.KeepBack();
        await orphans.RunAsync().ConfigureAwait(false);
        if (expired.DueIn == TimeSpan.Zero)
        {
            await expired.RunAsync(token).ConfigureAwait(false);
        }

        await SnapshotIfWantedAsync(token).ConfigureAwait(false);
        await freeing.FreeAsync().ConfigureAwait(false);
        fullDisk.KeepBack();
        await CompactAsync(activity, token).ConfigureAwait(false);
        if (activity != WriteActivity.Busy && snapshots.AreWorthwhileAtRest())
        {
            await snapshots.LetGoAsync(bytes => pace.AfterAsync(bytes, token), token)
                .ConfigureAwait(false);
            await freeing.FreeAsync().ConfigureAwait(false);
        }

        clock.NoteEnd();
        return pace.IsHurried && policy.Choose(activity) is not null
            ? TimeSpan.Zero
            : Sooner(expired.Plan(), ToDoAtRest(activity));
    }

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) => one < other ? one : other ?? one;

    /// <summary>Time until what waits for a rest may be done; null where nothing does.</summary>
    private TimeSpan? ToDoAtRest(WriteActivity activity)
    {
        if (activity == WriteActivity.Busy
            && (policy.Choose(WriteActivity.Resting) is not null
                || snapshots.AreWorthwhileAtRest()))
        {
            return clock.Until(WriteActivity.Resting);
        }

        return activity != WriteActivity.Ended && policy.Choose(WriteActivity.Ended) is not null
            ? clock.Until(WriteActivity.Ended)
            : null;
    }

    private async Task CompactAsync(WriteActivity activity, CancellationToken token)
    {
        policy.Look();
        while (!pace.IsHurried && policy.Choose(activity) is { } slot)
        {
            await relocator.RelocateAsync(slot, bytes => pace.AfterAsync(bytes, token), token)
                .ConfigureAwait(false);
            policy.Look();
            if (await SnapshotIfWantedAsync(token).ConfigureAwait(false))
            {
                await freeing.FreeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> SnapshotIfWantedAsync(CancellationToken token)
    {
        if (!snapshots.IsDue() && !snapshots.IsWorthwhile())
        {
            return false;
        }

        await snapshots.WriteAsync(force: false, bytes => pace.AfterAsync(bytes, token), token)
            .ConfigureAwait(false);
        return true;
    }
}
