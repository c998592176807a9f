using LogEngine.Format;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// The last group's sectors show what another life of the file held there: same offset, same
/// sequence, another salt. A torn write into a recycled file comes to no less.
/// </summary>
internal static class StaleBodies
{
    internal static void Run(int seed, RowResult result)
    {
        Workload workload = new([LogStep.Power, LogStep.Power, LogStep.Power], seed);
        FinishedLog log = FinishedLog.Of(workload);
        FinishedLog other = FinishedLog.Of(workload with { Seed = seed + 1000 });
        foreach ((string name, ImageFile file) in log.Segments)
        {
            if (!other.Image.Directories[Workload.Directory].TryGetValue(name, out ImageFile stale))
            {
                continue;
            }

            foreach (GroupHeader group in FinishedLog.Groups(file.Content))
            {
                Transplant(log, name, group, stale.Content, result);
            }
        }
    }

    /// <summary>Everything behind the group header, in every choice of 512-byte sectors.</summary>
    private static void Transplant(
        FinishedLog log, string name, GroupHeader group, SimContent stale, RowResult result)
    {
        long from = group.Offset + GroupHeader.Size;
        for (long end = from + 8; end <= group.Offset + group.Length; end += 8)
        {
            byte[] bytes = new byte[end - from];
            stale.Read(bytes, from);
            CrashImage damaged = log.With(name, content => content.Put(bytes, from));
            RecoveredState found = log.Open(damaged);
            result.Add(1, 1);
            if (log.Violation(found, group.FirstSequence - 1) is { } problem)
            {
                result.Fail($"{log.Workload}: stale bytes {from} to {end} of {name}: {problem}");
                return;
            }
        }
    }
}
