using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Crashes a recovery at each of its own operations: the next one must come to the same state.
/// </summary>
internal sealed class RecoveryCrashes(
    CrashImage image,
    Workload workload,
    RecoveredState undisturbed,
    Func<CrashImage, RecoveredState> recover)
{
    private const int Exhaust = 6;
    private const int Random = 4;

    /// <summary>The undisturbed state, or it with what was wrong after a crash.</summary>
    internal RecoveredState Run()
    {
        List<DiskSnapshot> points = [];
        SimulatedMachine machine = new(image.Mount(), workload.Seed + 2);
        machine.Disk.BeforeChange = disk => points.Add(disk.Snapshot());
        WriteAheadLog log = machine.Open(Workload.Directory, workload.Options);
        machine.Scheduler.RunToIdle();
        points.Add(machine.Disk.Snapshot());
        machine.Discard(log);

        for (int i = 0; i < points.Count; i++)
        {
            CrashUnits units = CrashUnits.Of(points[i], SimPage.Size);
            foreach (bool[] keep in CrashChoices.Of(
                units.Units, Exhaust, 0, Random, workload.Seed + i))
            {
                if (Judge(units.Build(keep)) is { } problem)
                {
                    return undisturbed with
                    {
                        Problem = $"O5: recovery crashed at its operation {points[i].Operation}: "
                            + problem,
                    };
                }
            }
        }

        return undisturbed;
    }

    private string? Judge(CrashImage crashed)
    {
        RecoveredState state = recover(crashed);
        return state.Problem is null && state != undisturbed
            ? $"{state.First} to {state.Last} instead of {undisturbed.First} to {undisturbed.Last}"
            : state.Problem;
    }
}
