using LogEngine.Testing.Crash;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>How far a search goes at each crash point.</summary>
internal sealed record SearchDepth(int Exhaust, int Pairs, int Random, int SectorBytes)
{
    internal static SearchDepth Full { get; } = new(CrashChoices.MaxExhausted, 16, 32, 512);

    internal static SearchDepth Quick { get; } = new(8, 4, 8, 4096);
}

/// <summary>A crash state that recovery does not treat as promised.</summary>
internal sealed record CrashFailure(
    Workload Workload, int Point, IReadOnlyList<int> Kept, string Problem);

/// <summary>
/// Derives every crash image of a recording, recovers each distinct one, and asks the oracle.
/// </summary>
internal sealed class CrashSearch(Recording recording, SearchDepth depth)
{
    private readonly Dictionary<(ulong, JournalEra), RecoveredState> _recovered = [];
    private readonly List<CrashFailure> _failures = [];

    internal IReadOnlyList<CrashFailure> Failures => _failures;

    /// <summary>Images derived and judged.</summary>
    internal long States { get; private set; }

    /// <summary>Images recovered: no two of them equal.</summary>
    internal long Distinct => _recovered.Count;

    internal int MaxFailures { get; init; } = 3;

    /// <summary>Looks at all crash points.</summary>
    internal CrashSearch Run()
    {
        for (int i = 0; i < recording.Points.Count && _failures.Count < MaxFailures; i++)
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
            RecoveredState found = Recover(units.Build(keep), point.Expected.Era);
            bool all = Array.TrueForAll(keep, k => k);
            if (point.Expected.Violation(found, killOnly: all) is { } problem)
            {
                int[] kept = [.. Enumerable.Range(0, keep.Length).Where(i => keep[i])];
                _failures.Add(new CrashFailure(recording.Workload, index, kept, problem));
                return;
            }
        }
    }

    private RecoveredState Recover(CrashImage image, JournalEra era)
    {
        (ulong, JournalEra) key = (image.Hash, era);
        if (!_recovered.TryGetValue(key, out RecoveredState? state))
        {
            SimulatedMachine machine = new(image.Mount(), recording.Workload.Seed + 1);
            state = LogProbe.Recover(
                machine, Workload.Directory, recording.Workload.Options, era);
            _recovered.Add(key, state);
        }

        return state;
    }
}
