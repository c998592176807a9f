namespace LogEngine.CrashSim.Simulated;

/// <summary>Runs workloads and searches their crash states.</summary>
internal static class CrashHunt
{
    /// <summary>
    /// Workloads that reach what two steps do not: recycling, long chains, mixed levels.
    /// </summary>
    internal static IReadOnlyList<LogStep[]> Deep { get; } =
    [
        [LogStep.Process, LogStep.Process, LogStep.Kill, LogStep.Power, LogStep.Kill],
        [LogStep.Roll, LogStep.Roll, LogStep.Truncate, LogStep.Roll, LogStep.Roll, LogStep.Power],
        [
            LogStep.None, LogStep.Process, LogStep.Power, LogStep.Process, LogStep.Roll,
            LogStep.Power,
        ],
        [LogStep.Process, LogStep.Power, LogStep.Idle, LogStep.Process, LogStep.Process],
        [LogStep.Oversize, LogStep.Process, LogStep.Oversize, LogStep.Truncate, LogStep.Oversize],
        [LogStep.Roll, LogStep.TruncateHalf, LogStep.Reopen, LogStep.Roll, LogStep.Truncate],
        [LogStep.Batch, LogStep.Three, LogStep.Reopen, LogStep.Reopen, LogStep.Kill, LogStep.Kill],
        [LogStep.Oversize, LogStep.Roll, LogStep.TruncateHalf],
        [LogStep.Idle, LogStep.Overlap, LogStep.Overlap],
        [LogStep.Idle, LogStep.Overlap, LogStep.None, LogStep.Overlap, LogStep.Process, LogStep.Overlap],
        [LogStep.Idle, LogStep.Overlap, LogStep.Roll, LogStep.Overlap, LogStep.Kill, LogStep.Overlap],
    ];

    /// <summary>Groups that are added to before and after a sync, and torn anywhere.</summary>
    internal static IReadOnlyList<LogStep[]> Growing { get; } =
    [
        [LogStep.Grow, LogStep.Flush, LogStep.Grow, LogStep.Power],
        [LogStep.Process, LogStep.Flush, LogStep.Grow, LogStep.Kill],
        [LogStep.Grow, LogStep.Grow, LogStep.Power],
    ];

    /// <summary>Commits whose writes overlap, through several segments, in the same steps with other seeds.</summary>
    internal static IEnumerable<LogStep[]> Overlapping { get; } = Enumerable.Repeat(
        Enumerable.Repeat(LogStep.Overlap, 8).Prepend(LogStep.Idle).ToArray(), 12);

    /// <summary>Each sequence on the direct and on the portable path.</summary>
    internal static IEnumerable<Workload> Workloads(IEnumerable<LogStep[]> sequences, int seed)
    {
        foreach (LogStep[] steps in sequences)
        {
            seed++;
            yield return new Workload(steps, seed);
            yield return new Workload(steps, seed) { Direct = false, Spares = 2 };
        }
    }

    /// <summary>One workload; what was wrong is in the result, ready to be run again.</summary>
    internal static void Run(
        Workload workload, SearchDepth depth, RowResult result, LogTotals? totals = null)
    {
        try
        {
            Recording recording = WorkloadRun.Record(workload);
            foreach (string problem in recording.Problems)
            {
                result.Fail($"{workload}: {problem}");
            }

            CrashSearch search =
                new CrashSearch(recording, depth) { StaleBytes = depth.StaleBytes }.Run();
            result.Add(search.States, search.Distinct);
            totals?.Add(recording, search);
            foreach (CrashFailure<Workload> failure in search.Failures)
            {
                result.Fail(Shrinker.Describe<Workload, LogStep>(failure, depth));
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
        IEnumerable<Workload> workloads,
        SearchDepth depth,
        RowResult result,
        LogTotals totals,
        FaultBudget budget) =>
        RunAll(workloads, result, budget, workload => Run(workload, depth, result, totals));

    /// <summary>The same for any kind of workload.</summary>
    internal static int RunAll<TWorkload>(
        IEnumerable<TWorkload> workloads,
        RowResult result,
        FaultBudget budget,
        Action<TWorkload> run)
    {
        int done = 0;
        Parallel.ForEach(
            workloads,
            new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
            (workload, loop) =>
            {
                if (budget.IsOver || result.Failures.Count > 8)
                {
                    loop.Stop();
                    return;
                }

                run(workload);
                Interlocked.Increment(ref done);
            });
        return done;
    }
}
