using LogEngine.Testing.Crash;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Derives every crash image of a recording, recovers each distinct one, and asks the oracle.
/// </summary>
internal sealed class CrashSearch(Recording recording, SearchDepth depth)
    : Search<Workload>
{
    private readonly Dictionary<(ulong, JournalEra), RecoveredState> _recovered = [];

    internal override long Distinct => _recovered.Count;

    /// <summary>Of those, the ones that a crash of a recovery of such a state left.</summary>
    internal long InterruptedTwice { get; private set; }

    /// <summary>
    /// Also tries every image with old bytes of the disk where only a length persisted.
    /// </summary>
    internal bool StaleBytes { get; init; }

    /// <summary>Looks at all crash points.</summary>
    internal CrashSearch Run()
    {
        for (int i = 0; i < recording.Points.Count && !HasFailedEnough; i++)
        {
            RunPoint(i);
        }

        return this;
    }

    private void RunPoint(int index)
    {
        CrashPoint point = recording.Points[index];
        CrashUnits units = CrashUnits.Of(point.Disk, depth.SectorBytes);
        int seed = (recording.Workload.Seed * 7919) + index;
        foreach (bool[] keep in CrashChoices.Of(
            units.Units, depth.Exhaust, depth.Pairs, depth.Random, seed))
        {
            States++;
            Tally.Count(units, keep);
            long before = Distinct;
            RecoveredState found = Recover(units.Build(keep, StaleBytes), point.Expected.Era);
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

    private RecoveredState Recover(CrashImage image, JournalEra era)
    {
        (ulong, JournalEra) key = (image.Hash, era);
        if (_recovered.TryGetValue(key, out RecoveredState? state))
        {
            return state;
        }

        bool goOn = depth.GoOnEvery > 0 && _recovered.Count % depth.GoOnEvery == 0;
        state = Judge(image, era, goOn);
        _recovered.Add(key, state);
        if (depth.InterruptEvery > 0
            && state.Problem is null
            && _recovered.Count % depth.InterruptEvery == 0)
        {
            state = new RecoveryCrashes(
                image, recording.Workload, state, i => RecoverInterrupted(i, era, again: true))
                .Run();
            _recovered[key] = state;
        }

        return state;
    }

    /// <param name="image">What the crash of a recovery left.</param>
    /// <param name="era">What was submitted.</param>
    /// <param name="again">Whether this recovery may be crashed in its turn.</param>
    private RecoveredState RecoverInterrupted(CrashImage image, JournalEra era, bool again)
    {
        (ulong, JournalEra) key = (image.Hash, era);
        if (_recovered.TryGetValue(key, out RecoveredState? state))
        {
            return state;
        }

        state = Judge(image, era, goOn: false);
        _recovered.Add(key, state);
        Interrupted++;
        InterruptedTwice += again ? 0 : 1;
        if (again
            && depth.InterruptTwiceEvery > 0
            && state.Problem is null
            && Interrupted % depth.InterruptTwiceEvery == 0)
        {
            state = new RecoveryCrashes(
                image, recording.Workload, state, i => RecoverInterrupted(i, era, again: false))
                .Run();
            _recovered[key] = state;
        }

        return state;
    }

    private RecoveredState Judge(CrashImage image, JournalEra era, bool goOn)
    {
        SimulatedMachine machine = new(image.Mount(), recording.Workload.Seed + 1);
        return LogProbe.Recover(
            machine,
            Workload.Directory,
            recording.Workload.Options,
            era,
            goOn ? Liveness.GoOn(machine) : null);
    }
}
