using LogEngine.Log;

namespace LogEngine.Maintenance;

/// <summary>
/// One pass of what goes on in the background: space on a full disk, what has expired, a snapshot
/// by budget, freeing, compaction by dead bytes; and what waits for writes to pause.
/// </summary>
/// <remarks>Not thread-safe: <see cref="Maintainer"/> does one thing at a time.</remarks>
internal sealed class MaintenancePass(
    Pace pace,
    RestClock clock,
    LogCounters counters,
    CompactionPolicy policy,
    MaintenanceParts parts)
{
    private readonly FullDisk _fullDisk = parts.FullDisk;
    private readonly ExpirySweep _expired = parts.Expired;
    private readonly SnapshotSchedule _snapshots = parts.Snapshots;
    private readonly SegmentFreeing _freeing = parts.Freeing;
    private long _segmentsAtLook;

    /// <summary>
    /// Called by the committer after each group: only looks at a few numbers.
    /// </summary>
    internal bool IsDue() =>
        _snapshots.IsDue()
        || counters.SegmentsStarted != Volatile.Read(ref _segmentsAtLook)
        || _fullDisk.NeedsSpace
        || _expired.IsSoonerThanPlanned;

    /// <summary>
    /// Gives the time after which there is more to do even if nothing is written; zero where it was
    /// cut short for somebody who waits.
    /// </summary>
    internal async Task<TimeSpan?> RunAsync(CancellationToken token)
    {
        WriteActivity activity = clock.Look();
        Volatile.Write(ref _segmentsAtLook, counters.SegmentsStarted);
        if (_fullDisk.NeedsSpace)
        {
            await _fullDisk.MakeSpaceAsync(token).ConfigureAwait(false);
        }

        // First: what follows goes at its own pace, and the disk may be full before it has ended.
        _fullDisk.KeepBack();
        await parts.Orphans.RunAsync().ConfigureAwait(false);
        if (_expired.DueIn == TimeSpan.Zero)
        {
            await _expired.RunAsync(token).ConfigureAwait(false);
        }

        await SnapshotIfWantedAsync(token).ConfigureAwait(false);
        await _freeing.FreeAsync().ConfigureAwait(false);
        _fullDisk.KeepBack();
        await CompactAsync(activity, token).ConfigureAwait(false);
        if (activity != WriteActivity.Busy && _snapshots.AreWorthwhileAtRest())
        {
            await _snapshots.LetGoAsync(bytes => pace.AfterAsync(bytes, token), token)
                .ConfigureAwait(false);
            await _freeing.FreeAsync().ConfigureAwait(false);
        }

        clock.NoteEnd();
        return pace.IsHurried && policy.Choose(activity) is not null
            ? TimeSpan.Zero
            : Sooner(_expired.Plan(), ToDoAtRest(activity));
    }

    private static TimeSpan? Sooner(TimeSpan? one, TimeSpan? other) => one < other ? one : other ?? one;

    /// <summary>Time until what waits for a rest may be done; null where nothing does.</summary>
    private TimeSpan? ToDoAtRest(WriteActivity activity)
    {
        if (activity == WriteActivity.Busy
            && (policy.Choose(WriteActivity.Resting) is not null
                || _snapshots.AreWorthwhileAtRest()))
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
            await parts.Relocator.RelocateAsync(slot, bytes => pace.AfterAsync(bytes, token), token)
                .ConfigureAwait(false);
            policy.Look();
            if (await SnapshotIfWantedAsync(token).ConfigureAwait(false))
            {
                await _freeing.FreeAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> SnapshotIfWantedAsync(CancellationToken token)
    {
        if (!_snapshots.IsDue() && !_snapshots.IsWorthwhile())
        {
            return false;
        }

        await _snapshots.WriteAsync(force: false, bytes => pace.AfterAsync(bytes, token), token)
            .ConfigureAwait(false);
        return true;
    }
}
