using LogEngine.Testing.Crash;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>A hostile directory: a rename may leave neither name, or both.</summary>
public sealed class RenameRowTests
{
    [Fact]
    public void Row39_Non_atomic_rename_recovers_or_is_a_typed_error()
    {
        RowResult result = new();
        Parallel.ForEach(
            CrashHunt.Workloads(Workload.Sequences(1).Concat(CrashHunt.Deep), 600)
                .Select(w => w with { FromCreation = true }),
            workload => Run(workload, result));
        FaultReport.Row(39, "S", result.States, result.Distinct, result.Failures.Count);
        Assert.True(result.States > 0, "No state was tried.");
        Assert.True(!result.HasFailed, string.Join(Environment.NewLine, result.Failures.Take(3)));
    }

    private static void Run(Workload workload, RowResult result)
    {
        HashSet<ulong> seen = [];
        foreach (CrashPoint point in WorkloadRun.Record(workload).Points)
        {
            CrashUnits units = CrashUnits.Of(point.Disk, 4096, atomicRename: false);
            if (!units.Units.Any(u => u.Name?.Added is not null && u.Kind == CrashUnitKind.Name))
            {
                continue;
            }

            foreach (bool[] keep in CrashChoices.Of(units.Units, 10, 8, 16, workload.Seed))
            {
                CrashImage image = units.Build(keep);
                if (!seen.Add(image.Hash))
                {
                    continue;
                }

                RecoveredState found = LogProbe.Recover(
                    new SimulatedMachine(image.Mount(), 1),
                    Workload.Directory,
                    workload.Options,
                    point.Expected.Era);
                result.Add(1, [image.Hash]);
                if (found.Refusal is null
                    && point.Expected.Violation(found, killOnly: false) is { } problem)
                {
                    result.Fail($"{workload}: {problem}");
                    return;
                }
            }
        }
    }
}
