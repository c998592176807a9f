namespace LogEngine.Compare.Measuring;

/// <summary>What one measured window of one engine showed.</summary>
/// <param name="Operations">Operations completed in it.</param>
/// <param name="Elapsed">Its length.</param>
internal sealed record Window(long Operations, TimeSpan Elapsed)
{
    /// <summary>Managed bytes allocated by the whole process; null where not looked at.</summary>
    internal long? AllocatedBytes { get; init; }

    /// <summary>Processor time of the whole process; null where not looked at.</summary>
    internal TimeSpan? CpuTime { get; init; }

    /// <summary>
    /// Median time of an operation in microseconds; null where operations do not wait.
    /// </summary>
    internal double? P50 { get; init; }

    /// <summary>As <see cref="P50"/>, 99th percentile.</summary>
    internal double? P99 { get; init; }

    /// <summary>As <see cref="P50"/>, 99.9th percentile.</summary>
    internal double? P999 { get; init; }

    /// <summary>As <see cref="P50"/>, of reads, where <see cref="P50"/> is of writes.</summary>
    internal double? ReadP50 { get; init; }

    /// <summary>As <see cref="ReadP50"/>, 99th percentile.</summary>
    internal double? ReadP99 { get; init; }

    /// <summary>Operations that were to arrive in a second, where they arrive by themselves.</summary>
    internal double? OfferedPerSecond { get; init; }

    /// <summary>Time of opening alone, where that was measured.</summary>
    internal TimeSpan? OpenTime { get; init; }

    /// <summary>
    /// "cold" or "warm": the pool of recycled segments; null where there is none.
    /// </summary>
    internal string? Pool { get; init; }

    /// <summary>Bytes written to the device for each byte of key and value.</summary>
    internal double? WriteAmplification { get; init; }

    /// <summary>Bytes on disk at the end for each byte of live key and value.</summary>
    internal double? SpaceAmplification { get; init; }

    /// <summary>What the directory took on disk in its course, where that was looked at.</summary>
    internal IReadOnlyList<Reporting.SpaceSample>? SpaceOverTime { get; init; }

    /// <summary>How the engine wrote or read, for the table.</summary>
    internal string? Note { get; init; }

    /// <summary>Operations a second.</summary>
    internal double OperationsPerSecond => Operations / Elapsed.TotalSeconds;

    /// <summary>Microseconds of processor time for each operation.</summary>
    internal double? CpuPerOperation =>
        Operations == 0 ? null : CpuTime?.TotalMicroseconds / Operations;

    /// <summary>Bytes allocated for each operation.</summary>
    internal double? AllocatedPerOperation =>
        Operations == 0 ? null : (double?)AllocatedBytes / Operations;
}
