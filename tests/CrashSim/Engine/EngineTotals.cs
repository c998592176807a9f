using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>What many searches of an engine came to. Thread-safe.</summary>
internal sealed class EngineTotals : SweepTotals
{
    internal long Snapshots { get; private set; }

    internal long SegmentsFreed { get; private set; }

    internal long RelocatedBytes { get; private set; }

    internal void Add(EngineRecording recording, EngineSearch search)
    {
        lock (Gate)
        {
            Add_NeedsLock(search, recording.Workload.Steps.Contains(EngineStep.Kill));
            Snapshots += recording.SnapshotsWritten;
            SegmentsFreed += recording.SegmentsFreed;
            RelocatedBytes += recording.RelocatedBytes;
        }
    }
}
