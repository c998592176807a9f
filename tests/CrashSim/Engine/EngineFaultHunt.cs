using LogEngine.CrashSim.Simulated;
using LogEngine.Testing;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>Runs workloads on disks that fail at the k-th operation.</summary>
internal static class EngineFaultHunt
{
    private static readonly EngineStep[][] _sequences =
    [
        [
            EngineStep.Put, EngineStep.Batch, EngineStep.Racing, EngineStep.Compact,
            EngineStep.Conditional, EngineStep.Reopen, EngineStep.Put,
        ],
        [
            EngineStep.Chunked, EngineStep.Fill, EngineStep.Snapshot, EngineStep.Kill,
            EngineStep.CompactBeside, EngineStep.Drop, EngineStep.Put,
        ],
    ];

    /// <summary>Snapshots and compaction, and what goes on beside them.</summary>
    internal static EngineWorkload Maintaining { get; } = new(
        [
            EngineStep.Snapshot, EngineStep.CompactBeside, EngineStep.Fill, EngineStep.Compact,
            EngineStep.Snapshot, EngineStep.Put,
        ],
        23);

    internal static IEnumerable<EngineWorkload> Workloads =>
        _sequences.SelectMany((steps, i) => (EngineWorkload[])
            [new(steps, 50 + i), new(steps, 60 + i) { Direct = false, Filled = false }]);

    /// <summary>Strikes at every operation of some kinds, one after the other.</summary>
    internal static void Run(
        EngineWorkload workload,
        PlannedFault fault,
        RowResult result,
        FaultBudget budget,
        bool mayFault = true,
        int every = 1) => FaultHunt.Strike(
            fault,
            kth => RunOnce(
                workload,
                kth.ToString(),
                disk => disk.Faults.Add(kth),
                _ => { },
                result,
                mayFault),
            result,
            every,
            budget);

    /// <summary>One workload on one broken disk; null where the simulation itself failed.</summary>
    internal static FaultyOutcome? RunOnce(
        EngineWorkload workload,
        string fault,
        Action<SimulatedFileSystem> breakDisk,
        Action<SimulatedFileSystem> repair,
        RowResult result,
        bool mayFault = true) => FaultHunt.Judge(
            $"{workload} {fault}",
            () => FaultyEngineRun.Run(workload, breakDisk, repair, mayFault),
            result);
}
