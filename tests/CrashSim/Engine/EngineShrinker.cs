using System.Text;
using LogEngine.CrashSim.Simulated;
using LogEngine.Testing.Crash;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>Makes a failing crash state small, and says how to run it again.</summary>
internal static class EngineShrinker
{
    /// <summary>Workload, crash point, what persisted, and the line that reproduces it.</summary>
    internal static string Describe(EngineFailure failure, SearchDepth depth)
    {
        EngineFailure small = Shrink(failure, depth);
        EngineRecording recording = EngineRun.Record(small.Workload, keepText: true);
        EnginePoint point = recording.Points[small.Point];
        CrashUnits units = CrashUnits.Of(point.Disk, depth.SectorBytes);
        StringBuilder text = new();
        text.AppendLine(small.Problem);
        text.AppendLine(
            $"  run again: LOGENGINE_FAULT_SEED='{small.Workload}' (crash point {small.Point}, "
            + $"before operation {point.Disk.Operation + 1})");
        foreach (string line in recording.Trace.Where(
            l => Number(l) > point.Disk.Operation - 16 && Number(l) <= point.Disk.Operation))
        {
            text.Append("  ").AppendLine(line);
        }

        for (int i = 0; i < units.Units.Count && i < 40; i++)
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

    private static EngineFailure Shrink(EngineFailure failure, SearchDepth depth)
    {
        EngineFailure smallest = failure;
        for (int at = smallest.Workload.Steps.Count - 1; at >= 0; at--)
        {
            List<EngineStep> steps = [.. smallest.Workload.Steps];
            steps.RemoveAt(at);
            if (FirstFailure(smallest.Workload with { Steps = steps }, depth) is { } smaller)
            {
                smallest = smaller;
                at = Math.Min(at, steps.Count);
            }
        }

        return smallest;
    }

    private static EngineFailure? FirstFailure(EngineWorkload workload, SearchDepth depth)
    {
        try
        {
            EngineRecording recording = EngineRun.Record(workload);
            EngineSearch search = new EngineSearch(recording, depth)
            {
                MaxFailures = 1,
                MostChoices = workload.MostChoices,
            }.Run();
            return search.Failures.Count > 0 ? search.Failures[0] : null;
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
