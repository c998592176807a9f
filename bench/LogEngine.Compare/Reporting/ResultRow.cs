using LogEngine.Compare.Measuring;

namespace LogEngine.Compare.Reporting;

/// <summary>One engine in one cell: medians over its runs. Names are those of the JSON.</summary>
internal sealed record ResultRow
{
    public required string Suite { get; init; }

    public required string Engine { get; init; }

    /// <summary>What was done with a queue: enqueue, cycle, drain, open.</summary>
    public string? Workload { get; init; }

    public int? Appenders { get; init; }

    public required int Payload { get; init; }

    /// <summary>Keys in a store.</summary>
    public long? Keys { get; init; }

    /// <summary>Threads that read.</summary>
    public int? Readers { get; init; }

    /// <summary>Writers beside them.</summary>
    public int? Writers { get; init; }

    /// <summary>Keys of one call: of a get, or of a batch.</summary>
    public int? AtOnce { get; init; }

    public string? Durability { get; init; }

    /// <summary>"cold" or "warm" where the pool of recycled segments matters.</summary>
    public string? Pool { get; init; }

    public required double OpsPerSecond { get; init; }

    public required double OpsMin { get; init; }

    public required double OpsMax { get; init; }

    public double? P50Us { get; init; }

    public double? P99Us { get; init; }

    public double? P999Us { get; init; }

    /// <summary>Of reads, where the others are of writes.</summary>
    public double? ReadP50Us { get; init; }

    public double? ReadP99Us { get; init; }

    /// <summary>Appends that were to arrive in a second, in log-open.</summary>
    public double? OfferedPerSecond { get; init; }

    /// <summary>The rate against that of a plain put, in kv-commits and stores.</summary>
    public double? RatioToPut { get; init; }

    public double? AllocatedBytesPerOp { get; init; }

    /// <summary>Microseconds of processor time of the whole process.</summary>
    public double? CpuUsPerOp { get; init; }

    public required double BytesPerSecond { get; init; }

    /// <summary>Time of opening in milliseconds, in log-scan and kv-open.</summary>
    public double? OpenMs { get; init; }

    /// <summary>Bytes written to the device for each byte updated, in kv-update.</summary>
    public double? WriteAmplification { get; init; }

    /// <summary>Bytes on disk for each live byte, in kv-update and growth.</summary>
    public double? SpaceAmplification { get; init; }

    /// <summary>As WriteAmplification, of filling an empty store, in growth.</summary>
    public double? FillAmplification { get; init; }

    /// <summary>Keys and values, without what is around them, in growth.</summary>
    public long? LiveBytes { get; init; }

    /// <summary>Native memory of the index, in growth.</summary>
    public long? IndexBytes { get; init; }

    /// <summary>Memory of a process that has opened the store and read nothing, in growth.</summary>
    public long? ProcessBytes { get; init; }

    /// <summary>What the closed store takes on disk, in growth.</summary>
    public long? DiskBytes { get; init; }

    /// <summary>Time of opening what a killed process left, in growth; OpenMs is of a closed store.</summary>
    public double? OpenKilledMs { get; init; }

    /// <summary>Length of a snapshot, in growth.</summary>
    public long? SnapshotBytes { get; init; }

    /// <summary>Time of a snapshot beside writers, in growth.</summary>
    public double? SnapshotMs { get; init; }

    /// <summary>99th percentile of puts while snapshots are written; P99Us is without.</summary>
    public double? SnapshotP99Us { get; init; }

    /// <summary>What the directory took on disk in the course of the last run.</summary>
    public IReadOnlyList<SpaceSample>? SpaceOverTime { get; init; }

    public required int Runs { get; init; }

    /// <summary>How the engine wrote.</summary>
    public string? Note { get; init; }

    /// <summary>Medians of some windows of the same engine in the same cell.</summary>
    internal static ResultRow From(
        string suite, string engine, int payload, IReadOnlyList<Window> windows)
    {
        double operations = Median(windows, w => w.OperationsPerSecond)!.Value;
        return new ResultRow
        {
            Suite = suite,
            Engine = engine,
            Payload = payload,
            OpsPerSecond = Math.Round(operations, 1),
            OpsMin = Math.Round(windows.Min(w => w.OperationsPerSecond), 1),
            OpsMax = Math.Round(windows.Max(w => w.OperationsPerSecond), 1),
            P50Us = Rounded(Median(windows, w => w.P50)),
            P99Us = Rounded(Median(windows, w => w.P99)),
            P999Us = Rounded(Median(windows, w => w.P999)),
            ReadP50Us = Rounded(Median(windows, w => w.ReadP50)),
            ReadP99Us = Rounded(Median(windows, w => w.ReadP99)),
            AllocatedBytesPerOp = Rounded(Median(windows, w => w.AllocatedPerOperation), 4),
            CpuUsPerOp = Rounded(Median(windows, w => w.CpuPerOperation), 3),
            BytesPerSecond = Math.Round(operations * payload),
            OpenMs = Rounded(Median(windows, w => w.OpenTime?.TotalMilliseconds)),
            WriteAmplification = Rounded(Median(windows, w => w.WriteAmplification), 2),
            SpaceAmplification = Rounded(Median(windows, w => w.SpaceAmplification), 2),
            OfferedPerSecond = windows[^1].OfferedPerSecond,
            Pool = windows[^1].Pool,
            SpaceOverTime = windows[^1].SpaceOverTime,
            Runs = windows.Count,
            Note = windows[^1].Note,
        };
    }

    /// <summary>A figure for the results; null stays null.</summary>
    internal static double? Rounded(double? value, int digits = 1) =>
        value is null ? null : Math.Round(value.Value, digits);

    private static double? Median(IReadOnlyList<Window> windows, Func<Window, double?> value) =>
        Medians.Of(windows.Select(value));
}

/// <summary>What a directory took on disk at a time.</summary>
internal sealed record SpaceSample(double Seconds, long Bytes);
