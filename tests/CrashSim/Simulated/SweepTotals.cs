namespace LogEngine.CrashSim.Simulated;

/// <summary>What many searches came to, by rows of the fault table. Thread-safe.</summary>
internal class SweepTotals
{
    internal RowTally States { get; } = new();

    internal RowTally Distinct { get; } = new();

    /// <summary>
    /// Of workloads in which a process was killed and another opened on the same cache.
    /// </summary>
    internal long KilledStates { get; private set; }

    internal long KilledDistinct { get; private set; }

    /// <summary>Crashes of recoveries.</summary>
    internal long Interrupted { get; private set; }

    private protected Lock Gate { get; } = new();

    /// <param name="search">A search that is over.</param>
    /// <param name="killed">Whether a process was killed in its workload.</param>
    private protected void Add_NeedsLock<TWorkload>(Search<TWorkload> search, bool killed)
    {
        States.Add(search.Tally);
        Distinct.Add(search.DistinctTally);
        Interrupted += search.Interrupted;
        KilledStates += killed ? search.States : 0;
        KilledDistinct += killed ? search.Distinct : 0;
    }
}
