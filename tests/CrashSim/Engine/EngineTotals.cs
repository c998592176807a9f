using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>What many searches came to, by rows of the fault table. Thread-safe.</summary>
internal sealed class EngineTotals
{
    private readonly Lock _gate = new();

    internal RowTally States { get; } = new();

    internal RowTally Distinct { get; } = new();

    /// <summary>Crashes of recoveries.</summary>
    internal long Interrupted { get; private set; }

    /// <summary>Of workloads with a kill and an open on the same cache.</summary>
    internal long KilledStates { get; private set; }

    internal long Snapshots { get; private set; }

    internal long SegmentsFreed { get; private set; }

    internal long RelocatedBytes { get; private set; }

    internal void Add(EngineRecording recording, EngineSearch search)
    {
        lock (_gate)
        {
            States.Add(search.Tally);
            Distinct.Add(search.DistinctTally);
            Interrupted += search.Interrupted;
            Snapshots += recording.SnapshotsWritten;
            SegmentsFreed += recording.SegmentsFreed;
            RelocatedBytes += recording.RelocatedBytes;
            if (recording.Workload.Steps.Contains(EngineStep.Kill))
            {
                KilledStates += search.States;
            }
        }
    }
}
