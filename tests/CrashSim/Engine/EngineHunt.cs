using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>Runs engine workloads and searches their crash states.</summary>
internal static class EngineHunt
{
    /// <summary>Workloads that reach what two steps do not.</summary>
    internal static IReadOnlyList<EngineStep[]> Deep { get; } =
    [
        [EngineStep.ExpireBeside, EngineStep.RefusedByWeak],
        [EngineStep.HoldView, EngineStep.Fill, EngineStep.Compact, EngineStep.Put],
        [
            EngineStep.Kill, EngineStep.Delete, EngineStep.Snapshot, EngineStep.Delete,
            EngineStep.Snapshot, EngineStep.Tombstones, EngineStep.Put, EngineStep.Kill,
        ],
        [EngineStep.CompactBeside, EngineStep.Kill, EngineStep.Compact, EngineStep.Put],
        [EngineStep.PutWeak, EngineStep.Snapshot, EngineStep.PutWeak, EngineStep.Kill, EngineStep.Put],
        [EngineStep.Fill, EngineStep.Compact, EngineStep.Fill, EngineStep.Compact, EngineStep.Put],
        [
            EngineStep.Chunked, EngineStep.Batch, EngineStep.Compact, EngineStep.Delete,
            EngineStep.Drop, EngineStep.Compact, EngineStep.Reopen,
        ],
        [
            EngineStep.Expiring, EngineStep.Idle, EngineStep.Conditional, EngineStep.Compact,
            EngineStep.Expiring, EngineStep.Kill, EngineStep.Fill, EngineStep.Idle,
        ],
        [
            EngineStep.Drop, EngineStep.Chunked, EngineStep.Kill, EngineStep.Drop, EngineStep.Batch,
            EngineStep.Snapshot, EngineStep.Kill, EngineStep.Racing,
        ],
        [
            EngineStep.DeleteRange, EngineStep.Racing, EngineStep.CompactBeside, EngineStep.Racing,
            EngineStep.Reopen, EngineStep.CompactBeside,
        ],
        [
            EngineStep.Fill, EngineStep.Fill, EngineStep.Kill, EngineStep.Fill, EngineStep.Idle,
            EngineStep.Fill, EngineStep.Reopen,
        ],
        [
            EngineStep.ExpireWhilePut, EngineStep.Compact, EngineStep.Kill, EngineStep.Idle,
            EngineStep.ExpireWhilePut, EngineStep.Snapshot, EngineStep.Idle, EngineStep.Reopen,
        ],
        [
            EngineStep.Touch, EngineStep.Kill, EngineStep.Touch, EngineStep.CompactBeside,
            EngineStep.Snapshot, EngineStep.Touch, EngineStep.Compact, EngineStep.Idle, EngineStep.Kill,
        ],
    ];

    /// <summary>Each sequence in all the ways it can be run in.</summary>
    internal static IEnumerable<EngineWorkload> Workloads(
        IEnumerable<EngineStep[]> sequences, int seed)
    {
        foreach (EngineStep[] steps in sequences)
        {
            seed += 2;
            yield return new EngineWorkload(steps, seed);
            yield return new EngineWorkload(steps, seed + 1)
            {
                Filled = false,
                Direct = false,
                Background = false,
            };
        }
    }

    /// <summary>One workload; what was wrong is in the result, ready to be run again.</summary>
    internal static void Run(
        EngineWorkload workload,
        SearchDepth depth,
        RowResult result,
        EngineTotals? totals = null,
        FaultBudget? budget = null)
    {
        try
        {
            EngineRecording recording = EngineRun.Record(workload);
            foreach (string problem in recording.Problems)
            {
                result.Fail($"{workload}: {problem}");
            }

            EngineSearch search = new EngineSearch(recording, depth)
            {
                Budget = budget,
                MostChoices = workload.MostChoices,
            }.Run();
            result.Add(search.States, search.Distinct);
            totals?.Add(recording, search);
            foreach (CrashFailure<EngineWorkload> failure in search.Failures)
            {
                result.Fail(Shrinker.Describe<EngineWorkload, EngineStep>(failure, depth));
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            result.Fail($"{workload}: {error}");
        }
    }

    /// <summary>Many workloads, on as many threads as the machine has cores.</summary>
    /// <returns>How many of them were run before the time was over.</returns>
    internal static int RunAll(
        IEnumerable<EngineWorkload> workloads,
        SearchDepth depth,
        RowResult result,
        EngineTotals totals,
        FaultBudget budget) => CrashHunt.RunAll(
            workloads,
            result,
            budget,
            workload => Run(workload, depth, result, totals, budget));
}
