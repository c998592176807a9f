namespace LogEngine.CrashSim.Simulated;

/// <summary>Runs workloads and searches their crash states.</summary>
internal static class CrashHunt
{
    /// <summary>Workloads that reach what two steps do not: recycling, long chains, mixed levels.</summary>
    internal static IReadOnlyList<LogStep[]> Deep { get; } =
    [
        [LogStep.Process, LogStep.Process, LogStep.Kill, LogStep.Power, LogStep.Kill],
        [LogStep.Roll, LogStep.Roll, LogStep.Truncate, LogStep.Roll, LogStep.Roll, LogStep.Power],
        [LogStep.None, LogStep.Process, LogStep.Power, LogStep.Process, LogStep.Roll, LogStep.Power],
        [LogStep.Process, LogStep.Power, LogStep.Idle, LogStep.Process, LogStep.Process],
        [LogStep.Oversize, LogStep.Process, LogStep.Oversize, LogStep.Truncate, LogStep.Oversize],
        [LogStep.Roll, LogStep.TruncateHalf, LogStep.Reopen, LogStep.Roll, LogStep.Truncate],
        [LogStep.Batch, LogStep.Three, LogStep.Reopen, LogStep.Reopen, LogStep.Kill, LogStep.Kill],
    ];

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
    internal static void Run(Workload workload, SearchDepth depth, RowResult result, RowTally tally)
    {
        try
        {
            Recording recording = WorkloadRun.Record(workload);
            foreach (string problem in recording.Problems)
            {
                result.Fail($"{workload}: {problem}");
            }

            if (recording.SegmentsRecycled > 0)
            {
                tally.Count(6);
            }

            CrashSearch search = new CrashSearch(recording, depth).Run();
            tally.Add(search.Tally);
            result.Add(search.States, search.Distinct + search.Interrupted);
            foreach (CrashFailure failure in search.Failures)
            {
                result.Fail(Shrinker.Describe(failure, depth));
            }
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            result.Fail($"{workload}: {error}");
        }
    }
}
