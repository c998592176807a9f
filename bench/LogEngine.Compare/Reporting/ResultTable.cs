using System.Globalization;
using Spectre.Console;

namespace LogEngine.Compare.Reporting;

/// <summary>Results on screen, with the ratios that matter.</summary>
internal static class ResultTable
{
    private const int MinWidth = 220;

    /// <summary>Draws one table; cells are separated by a line.</summary>
    internal static void Draw(IReadOnlyList<ResultRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        bool isScan = rows.Any(row => row.OpenMs is not null);
        Table table = new Table().Border(TableBorder.Rounded).Title(rows[0].Suite);
        foreach (string column in (string[])["appenders", "payload", "engine"])
        {
            table.AddColumn(column);
        }

        string[] right =
        [
            "median/s", "min/s", "max/s", "p50 µs", "p99 µs", "p99.9 µs", "alloc B/op", "MB/s",
            isScan ? "open ms" : "× device", "× bare", "× fasterlog",
        ];
        foreach (string column in right)
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        table.AddColumn("how");
        foreach (IGrouping<(int?, int), ResultRow> cell in
            rows.GroupBy(row => (row.Appenders, row.Payload)))
        {
            if (table.Rows.Count > 0)
            {
                table.AddEmptyRow();
            }

            foreach (ResultRow row in cell)
            {
                table.AddRow(Columns(row, [.. cell], isScan));
            }
        }

        Write(table);
    }

    /// <summary>Writes a table, wide enough for a file where it goes into one.</summary>
    internal static void Write(Table table)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Capabilities.ColorSystem = ColorSystem.NoColors;
            AnsiConsole.Profile.Capabilities.Ansi = false;
        }

        AnsiConsole.Profile.Width = Math.Max(AnsiConsole.Profile.Width, MinWidth);
        AnsiConsole.Write(table);
    }

    private static string[] Columns(ResultRow row, ResultRow[] cell, bool isScan) =>
    [
        row.Appenders?.ToString(CultureInfo.InvariantCulture) ?? "-",
        row.Payload.ToString(CultureInfo.InvariantCulture),
        row.Pool is null ? row.Engine : $"{row.Engine} ({row.Pool} pool)",
        Number(row.OpsPerSecond, "N0"),
        Number(row.OpsMin, "N0"),
        Number(row.OpsMax, "N0"),
        Number(row.P50Us, "N0"),
        Number(row.P99Us, "N0"),
        Number(row.P999Us, "N0"),
        Number(row.AllocatedBytesPerOp, "N2"),
        Number(row.BytesPerSecond / 1e6, "N1"),
        isScan ? Number(row.OpenMs, "N1") : Ratio(row, cell, "device"),
        Ratio(row, cell, "bare"),
        Ratio(row, cell, "fasterlog"),
        Markup.Escape(row.Note ?? string.Empty),
    ];

    /// <summary>
    /// Ratio to the best of a kind: device-1m and -4m, say, or both commit modes.
    /// </summary>
    private static string Ratio(ResultRow row, ResultRow[] cell, string kind)
    {
        double best = cell
            .Where(other => other.Engine.StartsWith(kind, StringComparison.Ordinal))
            .Select(other => other.OpsPerSecond)
            .DefaultIfEmpty()
            .Max();
        return best > 0 ? Number(row.OpsPerSecond / best, "N2") : "-";
    }

    internal static string Number(double? value, string format) =>
        value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
