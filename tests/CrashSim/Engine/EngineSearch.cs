using LogEngine.CrashSim.Simulated;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Derives every crash image of a recording, recovers each distinct one, and asks the oracle.
/// </summary>
internal sealed class EngineSearch(EngineRecording recording, SearchDepth depth)
    : Search<EngineWorkload>
{
    private readonly Dictionary<ulong, EngineState> _recovered = [];

    internal override long Distinct => _recovered.Count;

    /// <summary>
    /// About so many choices at a moment: all that can be lost, nothing, and others by chance.
    /// </summary>
    internal int MostChoices { get; init; } = int.MaxValue;

    /// <summary>No more states are tried once this is over.</summary>
    internal FaultBudget? Budget { get; init; }

    /// <summary>Looks at all crash points.</summary>
    internal EngineSearch Run()
    {
        for (int i = 0; i < recording.Points.Count && !HasFailedEnough; i++)
        {
            if (Budget is { IsOver: true })
            {
                break;
            }

            RunPoint(i);
        }

        return this;
    }

    private void RunPoint(int index)
    {
        EnginePoint point = recording.Points[index];
        CrashUnits units = CrashUnits.Of(point.Disk, depth.SectorBytes);
        int seed = (recording.Workload.Seed * 7919) + index;
        Random chance = new(seed);
        int choice = 0;
        int expected = Choices(units.Units.Count);
        foreach (bool[] keep in CrashChoices.Of(
            units.Units, depth.Exhaust, depth.Pairs, depth.Random, seed))
        {
            bool none = choice++ == 0;
            bool whole = choice == expected || Array.TrueForAll(keep, k => k);
            if (!none && !whole && chance.Next(expected) >= MostChoices)
            {
                continue;
            }

            States++;
            Tally.Count(units, keep);
            long before = Distinct;
            EngineState found = Recover(units.Build(keep));
            if (Distinct > before)
            {
                DistinctTally.Count(units, keep);
            }

            bool all = Array.TrueForAll(keep, k => k);
            if (point.Expected.Violation(found, killOnly: all) is { } problem)
            {
                Fail(recording.Workload, index, keep, problem);
                return;
            }
        }
    }

    /// <summary>About how many choices there are for so many units in flight.</summary>
    private int Choices(int units) => units <= depth.Exhaust
        ? 1 << units
        : 8 + (2 * units) + (2 * (units + depth.Pairs)) + depth.Random;

    private EngineState Recover(CrashImage image)
    {
        if (_recovered.TryGetValue(image.Hash, out EngineState? state))
        {
            return state;
        }

        bool goOn = depth.GoOnEvery > 0 && _recovered.Count % depth.GoOnEvery == 0;
        state = Judge(image, goOn);
        _recovered.Add(image.Hash, state);
        if (depth.InterruptEvery > 0
            && state.Problem is null
            && _recovered.Count % depth.InterruptEvery == 0)
        {
            state = Interrupt(image, state);
            _recovered[image.Hash] = state;
        }

        return state;
    }

    /// <summary>
    /// Crashes the recovery, and what the background does after it, at each operation: the next one
    /// must come to the same state.
    /// </summary>
    private EngineState Interrupt(CrashImage image, EngineState undisturbed)
    {
        const int Exhaust = 5;
        const int Random = 4;
        List<DiskSnapshot> points = [];
        SimulatedMachine machine = new(image.Mount(), recording.Workload.Seed + 2);
        machine.Disk.BeforeChange = disk => points.Add(disk.Snapshot());
        EmbeddedEngine engine =
            machine.OpenEngine(EngineWorkload.Directory, recording.Workload.Options);
        machine.Scheduler.RunToIdle();
        points.Add(machine.Disk.Snapshot());
        machine.Discard(engine);
        for (int i = 0; i < points.Count; i++)
        {
            CrashUnits units = CrashUnits.Of(points[i], SimPage.Size);
            foreach (bool[] keep in CrashChoices.Of(
                units.Units, Exhaust, 0, Random, recording.Workload.Seed + i))
            {
                EngineState found = RecoverInterrupted(units.Build(keep));
                if ((found.Problem ?? found.DifferenceFrom(undisturbed)) is { } problem)
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

    private EngineState RecoverInterrupted(CrashImage image)
    {
        if (!_recovered.TryGetValue(image.Hash, out EngineState? state))
        {
            state = Judge(image, goOn: false);
            _recovered.Add(image.Hash, state);
            Interrupted++;
        }

        return state;
    }

    private EngineState Judge(CrashImage image, bool goOn)
    {
        SimulatedMachine machine = new(image.Mount(), recording.Workload.Seed + 1);
        StorageEngineOptions options = recording.Workload.Options;
        return EngineProbe.Recover(
            machine,
            EngineWorkload.Directory,
            options,
            goOn ? EngineLiveness.GoOn(machine, options) : null);
    }
}
