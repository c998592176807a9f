using System.Globalization;
using LogEngine.CrashSim.Simulated;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>What is done to an engine, on what, and the seed of everything left to chance.</summary>
public sealed record EngineWorkload(IReadOnlyList<EngineStep> Steps, int Seed)
    : IWorkload<EngineWorkload, EngineStep>
{
    internal const string Directory = "/store";

    public bool Direct { get; init; } = true;

    /// <summary>
    /// Whether it begins with an engine of several segments, half of them dead, and two snapshots;
    /// else with an empty one, whose creation counts too.
    /// </summary>
    public bool Filled { get; init; } = true;

    /// <summary>Whether snapshots and compaction go on in the background.</summary>
    public bool Background { get; init; } = true;

    /// <summary>About so many crash images at a moment.</summary>
    internal int MostChoices { get; init; } = int.MaxValue;

    /// <summary>Crash points of the steps before this one are looked at elsewhere.</summary>
    internal int CrashFrom { get; init; }

    internal StorageEngineOptions Options => new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = 1,
        CacheBytes = Seed % 2 == 0 ? 0 : 256 << 10,
        SnapshotBudgetBytes = Background
            ? StorageEngineOptions.MinSnapshotBudgetBytes
            : StorageEngineOptions.MaxSnapshotBudgetBytes,
        CompactionThreshold = Background ? StorageEngineOptions.DefaultCompactionThreshold : 1,
        CompactionBytesPerSecond = long.MaxValue,
        IoMode = Direct ? IoMode.Direct : IoMode.Buffered,
    };

    public override string ToString() =>
        $"{string.Join(',', Steps)};seed={Seed};direct={Direct};filled={Filled};"
        + $"background={Background}";

    /// <summary>Reads what <see cref="ToString"/> writes; null for anything else.</summary>
    internal static EngineWorkload? TryParse(string? text)
    {
        string[] parts = text?.Split(';') ?? [];
        if (parts.Length != 5 || !parts[4].StartsWith("background=", StringComparison.Ordinal))
        {
            return null;
        }

        EngineStep[] steps =
        [
            .. parts[0].Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(Enum.Parse<EngineStep>),
        ];
        return new EngineWorkload(
            steps, int.Parse(Value(parts[1]), CultureInfo.InvariantCulture))
        {
            Direct = bool.Parse(Value(parts[2])),
            Filled = bool.Parse(Value(parts[3])),
            Background = bool.Parse(Value(parts[4])),
        };
    }

    /// <summary>Every sequence of so many steps.</summary>
    internal static IEnumerable<EngineStep[]> Sequences(int length) =>
        StepSequences.All<EngineStep>(length);

    EngineWorkload IWorkload<EngineWorkload, EngineStep>.WithSteps(
        IReadOnlyList<EngineStep> steps) => this with { Steps = steps };

    IReadOnlyList<CrashFailure<EngineWorkload>> IWorkload<EngineWorkload, EngineStep>.Search(
        SearchDepth depth, int maxFailures) => new EngineSearch(EngineRun.Record(this), depth)
        {
            MaxFailures = maxFailures,
            MostChoices = MostChoices,
        }.Run().Failures;

    (IReadOnlyList<DiskSnapshot> Points, IReadOnlyList<string> Trace)
        IWorkload<EngineWorkload, EngineStep>.Retrace()
    {
        EngineRecording recording = EngineRun.Record(this, keepText: true);
        return ([.. recording.Points.Select(p => p.Disk)], recording.Trace);
    }

    private static string Value(string part) => part[(part.IndexOf('=') + 1)..];
}
