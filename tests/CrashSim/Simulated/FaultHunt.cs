using LogEngine.Testing;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Runs workloads on disks that fail at the k-th operation.</summary>
internal static class FaultHunt
{
    internal static IReadOnlyList<LogStep[]> Sequences { get; } =
    [
        [
            LogStep.Power, LogStep.Process, LogStep.Roll, LogStep.Three, LogStep.TruncateHalf,
            LogStep.Power, LogStep.Reopen, LogStep.Power,
        ],
        [
            LogStep.None, LogStep.Batch, LogStep.Oversize, LogStep.Idle, LogStep.Blocking,
            LogStep.Kill, LogStep.Process, LogStep.Flush,
        ],
        [
            LogStep.Roll, LogStep.Roll, LogStep.Truncate, LogStep.Idle, LogStep.Roll,
            LogStep.Power, LogStep.Reopen, LogStep.Process, LogStep.Flush,
        ],
    ];

    internal static IEnumerable<Workload> Workloads => CrashHunt.Workloads(Sequences, 5);

    /// <summary>Strikes at every operation of some kinds, one after the other.</summary>
    /// <param name="workload">What is done.</param>
    /// <param name="fault">The fault; its occurrence is varied.</param>
    /// <param name="result">Where it goes.</param>
    /// <param name="every">Only every so-many-th occurrence.</param>
    internal static void Run(
        Workload workload, PlannedFault fault, RowResult result, int every = 1)
    {
        for (long k = 1; ; k += every)
        {
            PlannedFault kth = fault with { Occurrence = k };
            FaultyOutcome? outcome = RunOnce(
                workload, kth.ToString(), disk => disk.Faults.Add(kth), _ => { }, result);
            if (outcome is not { Struck: true } || result.HasFailed)
            {
                return;
            }
        }
    }

    /// <summary>One workload on one broken disk; null where the simulation itself failed.</summary>
    internal static FaultyOutcome? RunOnce(
        Workload workload,
        string fault,
        Action<SimulatedFileSystem> breakDisk,
        Action<SimulatedFileSystem> repair,
        RowResult result)
    {
        try
        {
            FaultyOutcome outcome = WorkloadRun.RunFaulty(workload, breakDisk, repair);
            result.Add(outcome.States, outcome.Images);
            foreach (string problem in outcome.Problems)
            {
                result.Fail($"{workload} {fault}: {problem}");
            }

            return outcome;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            result.Fail($"{workload} {fault}: {error}");
            return null;
        }
    }
}
