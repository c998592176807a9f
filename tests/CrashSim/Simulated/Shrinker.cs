using System.Text;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Simulated;

/// <summary>Makes a failing crash state small, and says how to run it again.</summary>
internal static class Shrinker
{
    /// <summary>Operations before the crash that are shown.</summary>
    private const int ShownOperations = 16;

    /// <summary>Units in flight that are shown.</summary>
    private const int ShownUnits = 40;

    /// <summary>Workload, crash point, what persisted, and the line that reproduces it.</summary>
    internal static string Describe<TWorkload, TStep>(
        CrashFailure<TWorkload> failure, SearchDepth depth)
        where TWorkload : IWorkload<TWorkload, TStep>
    {
        CrashFailure<TWorkload> small = Shrink<TWorkload, TStep>(failure, depth);
        (IReadOnlyList<DiskSnapshot> points, IReadOnlyList<string> trace) =
            small.Workload.Retrace();
        DiskSnapshot point = points[small.Point];
        CrashUnits units = CrashUnits.Of(point, depth.SectorBytes);
        StringBuilder text = new();
        text.AppendLine(small.Problem);
        text.AppendLine(
            $"  run again: LOGENGINE_FAULT_SEED='{small.Workload}' (crash point {small.Point}, "
            + $"before operation {point.Operation + 1})");
        foreach (string line in trace.Where(l =>
            Number(l) > point.Operation - ShownOperations && Number(l) <= point.Operation))
        {
            text.Append("  ").AppendLine(line);
        }

        for (int i = 0; i < units.Units.Count && i < ShownUnits; i++)
        {
            CrashUnit unit = units.Units[i];
            string what = unit.Name is { } name
                ? $"{name.Removed} -> {name.Added}"
                : unit.Data?.ToString() ?? string.Empty;
            text.AppendLine(
                $"  {(small.Kept.Contains(i) ? "kept   " : "dropped")} {unit.Order} {unit.Kind} "
                + $"of file {unit.Inode} {what}");
        }

        return text.ToString();
    }

    /// <summary>Drops steps while a failure remains.</summary>
    private static CrashFailure<TWorkload> Shrink<TWorkload, TStep>(
        CrashFailure<TWorkload> failure, SearchDepth depth)
        where TWorkload : IWorkload<TWorkload, TStep>
    {
        CrashFailure<TWorkload> smallest = failure;
        for (int at = smallest.Workload.Steps.Count - 1; at >= 0; at--)
        {
            List<TStep> steps = [.. smallest.Workload.Steps];
            steps.RemoveAt(at);
            if (FirstFailure<TWorkload, TStep>(smallest.Workload.WithSteps(steps), depth)
                is { } smaller)
            {
                smallest = smaller;
                at = Math.Min(at, steps.Count);
            }
        }

        return smallest;
    }

    private static CrashFailure<TWorkload>? FirstFailure<TWorkload, TStep>(
        TWorkload workload, SearchDepth depth)
        where TWorkload : IWorkload<TWorkload, TStep>
    {
        try
        {
            return workload.Search(depth, maxFailures: 1) is [CrashFailure<TWorkload> first, ..]
                ? first
                : null;
        }
        catch (Exception error) when (error is LogEngineException or InvalidOperationException)
        {
            // Another failure than the one looked for.
            return null;
        }
    }

    private static long Number(string line) =>
        long.TryParse(line.AsSpan(0, Math.Max(0, line.IndexOf(' '))), out long number) ? number : 0;
}
