using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Simulated;

/// <summary>A moment at which the machine may die.</summary>
internal sealed record CrashPoint(DiskSnapshot Disk, Expectation Expected);

/// <summary>A workload that ran once: every moment between two changes of the disk.</summary>
internal sealed record Recording(
    Workload Workload,
    IReadOnlyList<CrashPoint> Points,
    ulong TraceHash,
    long Operations,
    long SegmentsRecycled,
    IReadOnlyList<string> Trace,
    IReadOnlyList<string> Problems);
