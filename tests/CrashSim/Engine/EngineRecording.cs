using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>A moment at which the machine may die.</summary>
internal sealed record EnginePoint(DiskSnapshot Disk, EngineExpectation Expected);

/// <summary>A workload that ran once: every moment between two changes of the disk.</summary>
internal sealed record EngineRecording(
    EngineWorkload Workload,
    IReadOnlyList<EnginePoint> Points,
    ulong TraceHash,
    IReadOnlyList<string> Trace,
    IReadOnlyList<string> Problems,
    long SnapshotsWritten,
    long SegmentsFreed,
    long RelocatedBytes);
