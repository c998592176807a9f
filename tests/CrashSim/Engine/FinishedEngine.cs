using LogEngine.CrashSim.Simulated;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Model;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>A disk with an engine on it, to be damaged.</summary>
internal sealed class FinishedEngine
{
    private FinishedEngine(EngineWorkload workload, CrashImage image)
    {
        Workload = workload;
        Image = image;
        Whole = Open(image);
    }

    internal EngineWorkload Workload { get; }

    internal CrashImage Image { get; }

    /// <summary>What it shows undamaged.</summary>
    internal EngineState Whole { get; }

    internal Dictionary<string, ImageFile> Files => Image.Directories[EngineWorkload.Directory];

    /// <summary>Names that end in something, in order of their numbers.</summary>
    internal IReadOnlyList<string> Names(string end) =>
        [.. Files.Keys.Where(n => n.EndsWith(end, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The disk at the end of a workload, everything of it durable.</summary>
    internal static FinishedEngine Of(EngineWorkload workload)
    {
        EngineRecording recording = EngineRun.Record(workload);
        CrashUnits units = CrashUnits.Of(recording.Points[^1].Disk, SimPage.Size);
        bool[] all = new bool[units.Units.Count];
        Array.Fill(all, true);
        return new FinishedEngine(workload, units.Build(all));
    }

    /// <summary>The same disk without some files.</summary>
    internal CrashImage Without(IEnumerable<string> names)
    {
        Dictionary<string, ImageFile> files = new(Files);
        foreach (string name in names)
        {
            files.Remove(name);
        }

        return With(files);
    }

    /// <summary>The same disk with some bytes of a file changed.</summary>
    internal CrashImage With(string name, Action<SimContent> damage)
    {
        Dictionary<string, ImageFile> files = new(Files);
        SimContent content = files[name].Content.Clone();
        damage(content);
        files[name] = new ImageFile(files[name].Inode, content);
        return With(files);
    }

    internal CrashImage With(Dictionary<string, ImageFile> files) =>
        new(new Dictionary<string, Dictionary<string, ImageFile>>(Image.Directories)
        {
            [EngineWorkload.Directory] = files,
        });

    internal EngineState Open(CrashImage image)
    {
        SimulatedMachine machine = new(image.Mount(), Workload.Seed + 1);
        return EngineProbe.Recover(machine, EngineWorkload.Directory, Workload.Options);
    }

    /// <summary>
    /// What is wrong with how damage was met; null where it was refused with a typed error, or
    /// changed nothing that readers see.
    /// </summary>
    /// <param name="found">What opening the damaged disk showed.</param>
    /// <param name="mustOpen">Whether it must not be refused.</param>
    internal string? Violation(EngineState found, bool mustOpen)
    {
        if (found.Refusal is CorruptionException or IncompatibleFormatException)
        {
            return mustOpen ? found.Problem : null;
        }

        return found.Problem ?? found.DifferenceFrom(Whole);
    }

    /// <summary>Judges one damaged disk.</summary>
    internal void Judge(CrashImage damaged, string what, bool mustOpen, RowResult result)
    {
        result.Add(1, [damaged.Hash]);
        if (Violation(Open(damaged), mustOpen) is { } problem)
        {
            result.Fail($"{Workload}: {what}: {problem}");
        }
    }
}
