using LogEngine.Testing;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Simulated;

/// <summary>A disk that reports a write of a segment as done and loses it.</summary>
internal static class LyingDisk
{
    /// <summary>
    /// Loses the k-th write, for every k; then opens what a clean close has left.
    /// </summary>
    internal static void Run(Workload workload, RowResult result)
    {
        for (long k = 1; ; k++)
        {
            PlannedFault lie = new()
            {
                Kinds = OperationKinds.Write,
                PathPart = ".seg",
                Occurrence = k,
                Lies = true,
            };
            SimulatedFileSystem disk = new();
            disk.Faults.Add(lie);
            IReadOnlyList<string> problems = WorkloadRun.RunOnLyingDisk(workload, disk);
            if (disk.Faults.Struck == 0)
            {
                return;
            }

            result.Add(1, 1);
            foreach (string problem in problems)
            {
                result.Fail($"{workload}, write {k} lost: {problem}");
            }
        }
    }

    /// <summary>Wrong bytes and silent losses; a typed error is what is hoped for.</summary>
    internal static string? Violation(RecoveredState found, Expectation expected) =>
        found.Refusal is CorruptionException ? null : expected.Violation(found, killOnly: false);
}
