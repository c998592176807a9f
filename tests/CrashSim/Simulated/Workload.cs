using System.Globalization;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// What is done, how the log is configured, and the seed of everything left to chance.
/// </summary>
public sealed record Workload(IReadOnlyList<LogStep> Steps, int Seed)
    : IWorkload<Workload, LogStep>
{
    internal const string Directory = "/log";

    public bool Direct { get; init; } = true;

    public int Spares { get; init; } = 1;

    /// <summary>Whether the crash points of creating the log count too.</summary>
    public bool FromCreation { get; init; }

    internal WriteAheadLogOptions Options => new()
    {
        SegmentSizeBytes = WriteAheadLogOptions.MinSegmentSizeBytes,
        GroupCapBytes = WriteAheadLogOptions.MinGroupCapBytes,
        SpareSegments = Spares,
        GroupsInFlight = 2,
        IoMode = Direct ? IoMode.Direct : IoMode.Buffered,
    };

    public override string ToString() =>
        $"{string.Join(',', Steps)};seed={Seed};direct={Direct};spares={Spares}"
        + (FromCreation ? ";creation" : string.Empty);

    /// <summary>Reads what <see cref="ToString"/> writes; null for anything else.</summary>
    internal static Workload? TryParse(string? text)
    {
        string[] parts = text?.Split(';') ?? [];
        if (parts.Length < 4)
        {
            return null;
        }

        LogStep[] steps =
        [
            .. parts[0].Split(',', StringSplitOptions.RemoveEmptyEntries)
                .Select(Enum.Parse<LogStep>),
        ];
        return new Workload(steps, int.Parse(Value(parts[1]), CultureInfo.InvariantCulture))
        {
            Direct = bool.Parse(Value(parts[2])),
            Spares = int.Parse(Value(parts[3]), CultureInfo.InvariantCulture),
            FromCreation = parts.Length > 4,
        };
    }

    private static string Value(string part) => part[(part.IndexOf('=') + 1)..];

    /// <summary>Every sequence of so many steps.</summary>
    internal static IEnumerable<LogStep[]> Sequences(int length) =>
        StepSequences.All<LogStep>(length);

    Workload IWorkload<Workload, LogStep>.WithSteps(IReadOnlyList<LogStep> steps) =>
        this with { Steps = steps };

    IReadOnlyList<CrashFailure<Workload>> IWorkload<Workload, LogStep>.Search(
        SearchDepth depth, int maxFailures) => new CrashSearch(WorkloadRun.Record(this), depth)
        {
            StaleBytes = depth.StaleBytes,
            MaxFailures = maxFailures,
        }.Run().Failures;

    (IReadOnlyList<DiskSnapshot> Points, IReadOnlyList<string> Trace)
        IWorkload<Workload, LogStep>.Retrace()
    {
        Recording recording = WorkloadRun.Record(this, keepText: true);
        return ([.. recording.Points.Select(p => p.Disk)], recording.Trace);
    }
}
