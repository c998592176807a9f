using System.Globalization;

namespace LogEngine.Compare.Reporting;

/// <summary>What results have in common that may be compared with each other.</summary>
internal static class ResultCell
{
    /// <summary>Sides that are no product: floors, ceilings, the harness by itself.</summary>
    private static readonly string[] Bounds = ["device", "bare", "nothing", "engine-put"];

    /// <summary>What was measured, in words; rows of one cell have the same.</summary>
    internal static string What(ResultRow row)
    {
        string?[] parts =
        [
            row.Workload,
            row.Keys is { } keys
                ? string.Create(CultureInfo.InvariantCulture, $"{keys / 1e6:0.###} M")
                : null,
            $"{row.Payload} B",
            Of(row.Appenders, "writers"),
            Of(row.Readers, "readers"),
            row.Writers > 0 ? Of(row.Writers, "writer") : null,
            Of(row.AtOnce, "at once"),
            row.OfferedPerSecond is { } offered
                ? string.Create(CultureInfo.InvariantCulture, $"{offered:N0}/s offered")
                : null,
            row.Durability,
        ];
        return string.Join(", ", parts.Where(part => part is not null));
    }

    /// <summary>As <see cref="What"/>, but for one thing that varies along an axis.</summary>
    internal static string WhatBut(ResultRow row, PlotAxis axis) => What(axis switch
    {
        PlotAxis.Appenders => row with { Appenders = null },
        PlotAxis.Keys => row with { Keys = null },
        _ => row with { Payload = 0, Keys = null },
    });

    /// <summary>The engine, and what sets it apart from itself in the same cell.</summary>
    internal static string Label(ResultRow row) =>
        row.Pool == "cold" ? $"{row.Engine} (cold)" : row.Engine;

    /// <summary>The row's engine is LogEngine, in any of its ways.</summary>
    internal static bool IsOurs(ResultRow row) =>
        row.Engine.StartsWith("logengine", StringComparison.Ordinal);

    /// <summary>The row is another product's.</summary>
    internal static bool IsPeer(ResultRow row) =>
        !IsOurs(row) && !Bounds.Any(bound => row.Engine.StartsWith(bound, StringComparison.Ordinal));

    /// <summary>Whether a row is a peer's that does better than the best of LogEngine in its cell.</summary>
    internal static bool BeatsUs(ResultRow row, IEnumerable<ResultRow> cell) =>
        IsPeer(row)
        && cell.Where(IsOurs).Select(other => other.OpsPerSecond).DefaultIfEmpty(double.MaxValue).Max()
            < row.OpsPerSecond;

    private static string? Of(int? number, string what) =>
        number is null ? null : string.Create(CultureInfo.InvariantCulture, $"{number} {what}");
}

/// <summary>What varies along a plot's horizontal axis.</summary>
internal enum PlotAxis
{
    Appenders,
    Keys,
    Bytes,
    Percentile,
    Seconds,
}
