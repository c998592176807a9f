using System.Globalization;

namespace LogEngine.Compare.Reporting;

/// <summary>A figure of a row, as tables show it.</summary>
internal sealed record ResultColumn(string Header, Func<ResultRow, double?> Value, string Format)
{
    private const double Mebibyte = 1 << 20;

    /// <summary>All there are; a table leaves those out in which no row has anything.</summary>
    internal static IReadOnlyList<ResultColumn> All { get; } =
    [
        new("median/s", row => row.OpsPerSecond, "N0"),
        new("min/s", row => row.OpsMin, "N0"),
        new("max/s", row => row.OpsMax, "N0"),
        new("p50 µs", row => row.P50Us, "N0"),
        new("p99 µs", row => row.P99Us, "N0"),
        new("p99.9 µs", row => row.P999Us, "N0"),
        new("read p50 µs", row => row.ReadP50Us, "N1"),
        new("read p99 µs", row => row.ReadP99Us, "N1"),
        new("CPU µs/op", row => row.CpuUsPerOp, "N2"),
        new("alloc B/op", row => row.AllocatedBytesPerOp, "N2"),
        new("open ms", row => row.OpenMs, "N1"),
        new("open killed ms", row => row.OpenKilledMs, "N1"),
        new("snapshot ms", row => row.SnapshotMs, "N1"),
        new("p99 µs in it", row => row.SnapshotP99Us, "N0"),
        new("index MiB", row => row.IndexBytes / Mebibyte, "N1"),
        new("process MiB", row => row.ProcessBytes / Mebibyte, "N1"),
        new("snapshot MiB", row => row.SnapshotBytes / Mebibyte, "N1"),
        new("disk MiB", row => row.DiskBytes / Mebibyte, "N1"),
        new("fill write ×", row => row.FillAmplification, "N2"),
        new("write ×", row => row.WriteAmplification, "N2"),
        new("space ×", row => row.SpaceAmplification, "N2"),
        new("of put", row => row.RatioToPut, "N2"),
    ];

    /// <summary>Those in which some row has something.</summary>
    internal static IReadOnlyList<ResultColumn> Of(IReadOnlyList<ResultRow> rows) =>
        [.. All.Where(column => rows.Any(row => column.Value(row) is not null))];

    /// <summary>The figure as text; a stroke where there is none.</summary>
    internal string Text(ResultRow row) =>
        Value(row)?.ToString(Format, CultureInfo.InvariantCulture) ?? "-";
}
