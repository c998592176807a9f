namespace LogEngine.CrashSim.Simulated;

/// <summary>What many searches of a log came to. Thread-safe.</summary>
internal sealed class LogTotals : SweepTotals
{
    /// <summary>Of workloads that recycled a segment.</summary>
    internal long RecycledStates { get; private set; }

    internal long RecycledDistinct { get; private set; }

    /// <summary>Crashes of a recovery from a crash of a recovery.</summary>
    internal long InterruptedTwice { get; private set; }

    internal void Add(Recording recording, CrashSearch search)
    {
        lock (Gate)
        {
            Add_NeedsLock(search, recording.Workload.Steps.Contains(LogStep.Kill));
            InterruptedTwice += search.InterruptedTwice;
            if (recording.SegmentsRecycled > 0)
            {
                RecycledStates += search.States;
                RecycledDistinct += search.Distinct;
            }
        }
    }
}
