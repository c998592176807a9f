namespace LogEngine.Compare.Reporting;

/// <summary>The plots that a suite's rows allow.</summary>
internal static class ReportPlots
{
    private const double Mebibyte = 1 << 20;

    /// <summary>Them; a line needs two points, a plot a line.</summary>
    internal static IReadOnlyList<Plot> Of(IReadOnlyList<ResultRow> rows) =>
    [
        .. Over(rows, PlotAxis.Appenders, "operations a second", row => row.OpsPerSecond),
        .. Percentiles(rows),
        .. SpaceOverTime(rows),
        .. Growing(rows, PlotAxis.Keys),
        .. Growing(rows, PlotAxis.Bytes),
    ];

    private static IEnumerable<Plot> Growing(IReadOnlyList<ResultRow> rows, PlotAxis axis)
    {
        // Growth has both in one file; what grows is the name of its side.
        string own = axis == PlotAxis.Keys ? "keys" : "bytes";
        ResultRow[] growth = [.. rows.Where(row => row.LiveBytes is not null && row.Engine == own)];
        ResultRow[] opened = axis == PlotAxis.Keys
            ? [.. rows.Where(row => row.LiveBytes is null && row.OpenMs is not null && row.Keys is not null)]
            : [];
        return
        [
            .. Over(opened, axis, "open ms", row => row.OpenMs),
            .. Over(growth, axis, "open ms, closed before", row => row.OpenMs),
            .. Over(growth, axis, "open ms, killed before", row => row.OpenKilledMs),
            .. Over(growth, axis, "MiB of index", row => row.IndexBytes / Mebibyte),
            .. Over(growth, axis, "MiB of process", row => row.ProcessBytes / Mebibyte),
            .. Over(growth, axis, "MiB on disk", row => row.DiskBytes / Mebibyte),
            .. Over(growth, axis, "snapshot ms", row => row.SnapshotMs),
            .. Over(growth, axis, "p99 µs beside snapshots", row => row.SnapshotP99Us),
        ];
    }

    /// <summary>A figure over an axis, a line for each engine, a plot for each value of all else.</summary>
    private static IEnumerable<Plot> Over(
        IReadOnlyList<ResultRow> rows, PlotAxis axis, string name, Func<ResultRow, double?> value)
    {
        (string Name, Func<ResultRow, double?> Place) place = axis switch
        {
            PlotAxis.Appenders => ("concurrent callers", row => row.Appenders),
            PlotAxis.Keys => ("keys", row => row.Keys),
            _ => ("bytes of keys and values", row => row.LiveBytes),
        };
        foreach (IGrouping<string, ResultRow> group in rows
            .Where(row => place.Place(row) > 0 && value(row) > 0)
            .GroupBy(row => ResultCell.WhatBut(row, axis)))
        {
            PlotLine[] lines =
            [
                .. group.GroupBy(ResultCell.Label).Select(engine => new PlotLine(
                    engine.Key,
                    [
                        .. engine.Select(row => new PlotPoint(place.Place(row)!.Value, value(row)!.Value))
                            .OrderBy(point => point.X),
                    ]))
                    .Where(line => line.Points.Select(point => point.X).Distinct().Count() > 1),
            ];
            if (lines.Length > 0)
            {
                yield return new Plot(
                    $"{group.First().Suite}: {name}, {group.Key}", place.Name, name, lines)
                {
                    IsLogX = true,
                    IsLogY = true,
                };
            }
        }
    }

    /// <summary>Median, 99th and 99.9th percentile of a cell with more than one engine.</summary>
    private static IEnumerable<Plot> Percentiles(IReadOnlyList<ResultRow> rows) =>
        from cell in rows.Where(row => row.P50Us > 0 && row.P99Us > 0 && row.P999Us > 0)
            .GroupBy(ResultCell.What)
        where cell.Select(row => row.Engine).Distinct().Count() > 1
        select new Plot(
            $"{cell.First().Suite}: latency, {cell.Key}",
            "percentile",
            "µs",
            [
                .. cell.Select(row => new PlotLine(
                    ResultCell.Label(row),
                    [new(0, row.P50Us!.Value), new(1, row.P99Us!.Value), new(2, row.P999Us!.Value)])),
            ])
        {
            IsLogY = true,
            Names = ["p50", "p99", "p99.9"],
        };

    private static IEnumerable<Plot> SpaceOverTime(IReadOnlyList<ResultRow> rows) =>
        from cell in rows.Where(row => row.SpaceOverTime is { Count: > 1 }).GroupBy(ResultCell.What)
        select new Plot(
            $"{cell.First().Suite}: space on disk, {cell.Key}",
            "seconds",
            "MiB",
            [
                .. cell.Select(row => new PlotLine(
                    ResultCell.Label(row),
                    [.. row.SpaceOverTime!.Select(at => new PlotPoint(at.Seconds, at.Bytes / Mebibyte))])),
            ]);
}
