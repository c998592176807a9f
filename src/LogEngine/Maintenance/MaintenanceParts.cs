using LogEngine.Engine;
using LogEngine.Snapshots;

namespace LogEngine.Maintenance;

/// <summary>The parts of maintenance, each put together from those before it.</summary>
internal sealed record MaintenanceParts
{
    internal required SnapshotSchedule Snapshots { get; init; }

    internal required Relocator Relocator { get; init; }

    internal required Garbage Garbage { get; init; }

    internal required SegmentFreeing Freeing { get; init; }

    internal required ExpirySweep Expired { get; init; }

    internal required OrphanSweep Orphans { get; init; }

    internal required FullDisk FullDisk { get; init; }

    /// <param name="engine">What is maintained.</param>
    /// <param name="chunks">Removes chunks.</param>
    /// <param name="retained">The snapshots that the manifest lists and that can be used.</param>
    /// <param name="orphanedChunkSets">Sets of chunks that nothing refers to.</param>
    internal static MaintenanceParts Of(
        MaintainedEngine engine,
        ChunkWriter chunks,
        IReadOnlyList<RetainedSnapshot> retained,
        IReadOnlyList<long> orphanedChunkSets)
    {
        SnapshotKeeper keeper = new(engine, retained);
        SnapshotSchedule snapshots = new(engine, keeper);
        Relocator relocator = new(engine);
        Garbage garbage = new(engine.State, relocator.BatchBytes);
        SegmentFreeing freeing = new(engine, garbage, keeper);
        ExpirySweep expired = new(engine);
        return new MaintenanceParts
        {
            Snapshots = snapshots,
            Relocator = relocator,
            Garbage = garbage,
            Freeing = freeing,
            Expired = expired,
            Orphans = new OrphanSweep(engine.Scheduler, chunks, orphanedChunkSets),
            FullDisk = new FullDisk(engine, garbage, expired, snapshots, relocator, freeing),
        };
    }
}
