using LogEngine.Testing;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Simulated;

/// <summary>A disk that reports a write of a segment as done and loses or misplaces it.</summary>
internal static class LyingDisk
{
    private static readonly PlannedFault _lost = new()
    {
        Kinds = OperationKinds.Write,
        PathPart = ".seg",
        Lies = true,
    };

    /// <summary>Lost; a page or more further on or back; and there as well as in its place.</summary>
    private static readonly PlannedFault[] _lies =
    [
        _lost,
        _lost with { MisplacedBy = 4096 },
        _lost with { MisplacedBy = -4096 },
        _lost with { MisplacedBy = 16_384 },
        _lost with { MisplacedBy = -16_384 },
        _lost with { MisplacedBy = 512 },
        _lost with { MisplacedBy = 4096, AlsoInPlace = true },
        _lost with { MisplacedBy = -4096, AlsoInPlace = true },
    ];

    /// <summary>
    /// Lies about the k-th write, for every k; then opens what a clean close has left.
    /// </summary>
    internal static void Run(Workload workload, RowResult result)
    {
        foreach (PlannedFault lie in _lies)
        {
            Run(workload, lie, result);
        }
    }

    private static void Run(Workload workload, PlannedFault lie, RowResult result)
    {
        for (long k = 1; ; k++)
        {
            SimulatedFileSystem disk = new();
            disk.Faults.Add(lie with { Occurrence = k });
            IReadOnlyList<string> problems = WorkloadRun.RunOnLyingDisk(workload, disk);
            if (disk.Faults.Struck == 0)
            {
                return;
            }

            result.Add(1, 1);
            foreach (string problem in problems)
            {
                result.Fail(
                    $"{workload}, write {k} misplaced by {lie.MisplacedBy}, also in place "
                    + $"{lie.AlsoInPlace}: {problem}");
            }
        }
    }

    /// <summary>Wrong bytes and silent losses; a typed error is what is hoped for.</summary>
    internal static string? Violation(RecoveredState found, Expectation expected) =>
        found.Refusal is CorruptionException ? null : expected.Violation(found, killOnly: false);
}
