using LogEngine.Log;
using LogEngine.Running;
using LogEngine.Snapshots;
using Microsoft.Extensions.Logging;

namespace LogEngine.Backups;

/// <summary>An open store as its backups see it: a log, and what stands on it.</summary>
/// <param name="Log">The log.</param>
/// <param name="Scheduler">Where the work runs.</param>
/// <param name="Time">The store's clock.</param>
/// <param name="Logger">Told of each backup.</param>
/// <param name="Snapshots">
/// The snapshots of the index that are kept; asked while none is listed or taken off the list.
/// </param>
/// <param name="Owner">The public type that is closed when calls come too late.</param>
internal sealed record BackupSource(
    LogLifetime Log,
    IScheduler Scheduler,
    TimeProvider Time,
    ILogger Logger,
    Func<IReadOnlyList<RetainedSnapshot>> Snapshots,
    string Owner)
{
    internal static BackupSource Of(EngineLifetime engine) => new(
        engine.Log,
        engine.Scheduler,
        engine.Reads.Time,
        engine.Logger,
        () => engine.Maintenance.Snapshots.Retained,
        nameof(StorageEngine));

    internal static BackupSource Of(LogLifetime log, IScheduler scheduler, TimeProvider time) => new(
        log, scheduler, time, log.Logger, static () => [], nameof(WriteAheadLog));
}
