namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Derives every crash image of a recording, recovers each distinct one, and asks the oracle. Here
/// is what it has come to.
/// </summary>
internal abstract class Search<TWorkload>
{
    private readonly List<CrashFailure<TWorkload>> _failures = [];

    internal IReadOnlyList<CrashFailure<TWorkload>> Failures => _failures;

    /// <summary>Images derived and judged.</summary>
    internal long States { get; private protected set; }

    /// <summary>Images recovered: no two of them equal.</summary>
    internal abstract long Distinct { get; }

    /// <summary>Of the distinct ones, those that a crash of a recovery left.</summary>
    internal long Interrupted { get; private protected set; }

    /// <summary>States by rows of the fault table.</summary>
    internal RowTally Tally { get; } = new();

    /// <summary>The same, each recovered image once.</summary>
    internal RowTally DistinctTally { get; } = new();

    internal int MaxFailures { get; init; } = 3;

    private protected bool HasFailedEnough => _failures.Count >= MaxFailures;

    private protected void Fail(TWorkload workload, int point, bool[] keep, string problem)
    {
        int[] kept = [.. Enumerable.Range(0, keep.Length).Where(i => keep[i])];
        _failures.Add(new CrashFailure<TWorkload>(workload, point, kept, problem));
    }
}
