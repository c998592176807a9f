using LogEngine.Testing;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Runs workloads on disks that fail at the k-th operation.</summary>
internal static class FaultHunt
{
    internal static PlannedFault[] ReadErrors { get; } =
        Both(OperationKinds.Read | OperationKinds.Look, ErrorNumbers.Io);

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
        [LogStep.Idle, LogStep.Overlap, LogStep.Overlap, LogStep.Idle, LogStep.Reopen],
    ];

    internal static IEnumerable<Workload> Workloads => CrashHunt.Workloads(Sequences, 5);

    /// <summary>A fault that happens once, and the same from then on.</summary>
    internal static PlannedFault[] Both(OperationKinds kinds, int error, string pathPart = "")
    {
        PlannedFault once = new() { Kinds = kinds, ErrorNumber = error, PathPart = pathPart };
        return [once, once with { Sticky = true }];
    }

    /// <summary>Strikes at every operation of some kinds, one after the other.</summary>
    /// <param name="workload">What is done.</param>
    /// <param name="fault">The fault; its occurrence is varied.</param>
    /// <param name="result">Where it goes.</param>
    internal static void Run(Workload workload, PlannedFault fault, RowResult result) => Strike(
        fault,
        kth => RunOnce(
            workload, kth.ToString(), disk => disk.Faults.Add(kth), _ => { }, result),
        result,
        every: 1,
        budget: null);

    /// <summary>One workload on one broken disk; null where the simulation itself failed.</summary>
    internal static FaultyOutcome? RunOnce(
        Workload workload,
        string fault,
        Action<SimulatedFileSystem> breakDisk,
        Action<SimulatedFileSystem> repair,
        RowResult result) => Judge(
            $"{workload} {fault}",
            () => WorkloadRun.RunFaulty(workload, breakDisk, repair),
            result);

    /// <summary>Runs once for each operation that a fault can strike at.</summary>
    /// <param name="fault">The fault; its occurrence is varied.</param>
    /// <param name="runOnce">Runs with one occurrence of it.</param>
    /// <param name="result">Ends it when it has failed.</param>
    /// <param name="every">Only every so-many-th occurrence.</param>
    /// <param name="budget">Ends it when it is over.</param>
    internal static void Strike(
        PlannedFault fault,
        Func<PlannedFault, FaultyOutcome?> runOnce,
        RowResult result,
        int every,
        FaultBudget? budget)
    {
        for (long k = 1; budget is not { IsOver: true }; k += every)
        {
            if (runOnce(fault with { Occurrence = k }) is not { Struck: true } || result.HasFailed)
            {
                return;
            }
        }
    }

    /// <summary>Adds what a run came to; null where the simulation itself failed.</summary>
    internal static FaultyOutcome? Judge(string what, Func<FaultyOutcome> run, RowResult result)
    {
        try
        {
            FaultyOutcome outcome = run();
            result.Add(outcome.States, outcome.Images);
            foreach (string problem in outcome.Problems)
            {
                result.Fail($"{what}: {problem}");
            }

            return outcome;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            result.Fail($"{what}: {error}");
            return null;
        }
    }
}
