using LogEngine.Format;
using LogEngine.Testing.Crash;
using LogEngine.Testing.Disk;
using LogEngine.Testing.Oracle;
using LogEngine.Testing.Running;

namespace LogEngine.CrashSim.Simulated;

/// <summary>A disk with a log on it, to be damaged.</summary>
internal sealed class FinishedLog
{
    private readonly JournalEra _era;

    private FinishedLog(Workload workload, CrashImage image, JournalEra era)
    {
        Workload = workload;
        Image = image;
        _era = era;
        Whole = Open(image);
    }

    internal Workload Workload { get; }

    internal CrashImage Image { get; }

    /// <summary>What it shows undamaged.</summary>
    internal RecoveredState Whole { get; }

    /// <summary>Names and bytes of its segments, oldest first.</summary>
    internal IReadOnlyList<KeyValuePair<string, ImageFile>> Segments =>
        [.. Image.Directories[Workload.Directory]
            .Where(f => f.Key.EndsWith(".seg", StringComparison.Ordinal))
            .OrderBy(f => f.Key, StringComparer.Ordinal)];

    /// <summary>The disk at the end of a workload, everything of it durable.</summary>
    internal static FinishedLog Of(Workload workload)
    {
        Recording recording = WorkloadRun.Record(workload);
        CrashPoint last = recording.Points[^1];
        CrashUnits units = CrashUnits.Of(last.Disk, SimPage.Size);
        bool[] all = new bool[units.Units.Count];
        Array.Fill(all, true);
        return new FinishedLog(workload, units.Build(all), last.Expected.Era);
    }

    /// <summary>The same disk with some bytes of a file changed.</summary>
    internal CrashImage With(string name, Action<SimContent> damage)
    {
        Dictionary<string, ImageFile> files = new(Image.Directories[Workload.Directory]);
        SimContent content = files[name].Content.Clone();
        damage(content);
        files[name] = new ImageFile(files[name].Inode, content);
        return With(files);
    }

    /// <summary>The same disk with other files in the log's directory.</summary>
    internal CrashImage With(Dictionary<string, ImageFile> files) =>
        new(new Dictionary<string, Dictionary<string, ImageFile>>(Image.Directories)
        {
            [Workload.Directory] = files,
        });

    internal RecoveredState Open(CrashImage image) => LogProbe.Recover(
        new SimulatedMachine(image.Mount(), Workload.Seed + 1),
        Workload.Directory,
        Workload.Options,
        _era);

    /// <summary>
    /// What is wrong with how damage was met; null where it was refused with a typed error, changed
    /// nothing, or cut only what nothing attests.
    /// </summary>
    /// <param name="found">What opening the damaged disk showed.</param>
    /// <param name="mayCutTo">Last sequence that must remain if it opens.</param>
    internal string? Violation(RecoveredState found, long mayCutTo)
    {
        if (found.Refusal is CorruptionException or IncompatibleFormatException)
        {
            return null;
        }

        if (found.Problem is not null)
        {
            return found.Problem;
        }

        return found.First == Whole.First && found.Last >= mayCutTo && found.Last <= Whole.Last
            ? null
            : $"O6: silently {found.First} to {found.Last} instead of {Whole.First} to "
              + $"{Whole.Last}";
    }

    /// <summary>
    /// Offsets where a group or segment header may start, and the groups: what the log wrote.
    /// </summary>
    internal static IEnumerable<GroupHeader> Groups(SimContent content)
    {
        byte[] head = new byte[GroupHeader.Size];
        for (long at = SimPage.Size; at < content.Length; at += SimPage.Size)
        {
            content.Read(head, at);
            if (GroupHeader.TryRead(head, at, out GroupHeader group))
            {
                yield return group;
            }
        }
    }
}
