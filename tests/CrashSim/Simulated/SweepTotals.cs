namespace LogEngine.CrashSim.Simulated;

/// <summary>What many searches came to, by rows of the fault table. Thread-safe.</summary>
internal sealed class SweepTotals
{
    private readonly Lock _gate = new();

    internal RowTally States { get; } = new();

    internal RowTally Distinct { get; } = new();

    /// <summary>Of workloads that recycled a segment.</summary>
    internal long RecycledStates { get; private set; }

    internal long RecycledDistinct { get; private set; }

    /// <summary>
    /// Of workloads in which a process was killed and its log opened on the same cache.
    /// </summary>
    internal long KilledStates { get; private set; }

    internal long KilledDistinct { get; private set; }

    /// <summary>Crashes of recoveries.</summary>
    internal long Interrupted { get; private set; }

    /// <summary>Of those, crashes of a recovery from such a crash.</summary>
    internal long InterruptedTwice { get; private set; }

    internal void Add(Recording recording, CrashSearch search)
    {
        lock (_gate)
        {
            States.Add(search.Tally);
            Distinct.Add(search.DistinctTally);
            Interrupted += search.Interrupted;
            InterruptedTwice += search.InterruptedTwice;
            if (recording.SegmentsRecycled > 0)
            {
                RecycledStates += search.States;
                RecycledDistinct += search.Distinct;
            }

            if (recording.Workload.Steps.Contains(LogStep.Kill))
            {
                KilledStates += search.States;
                KilledDistinct += search.Distinct;
            }
        }
    }
}
