using System.Globalization;
using Spectre.Console;

namespace LogEngine.Compare.Reporting;

/// <summary>Results of stores on screen: one line each, ratios to the best of the cell.</summary>
internal static class StoreTable
{
    /// <summary>Draws one table; cells are separated by a line.</summary>
    internal static void Draw(IReadOnlyList<ResultRow> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        Table table = new Table().Border(TableBorder.Rounded).Title(rows[0].Suite);
        table.AddColumn("what");
        table.AddColumn("engine");
        string[] right =
        [
            "median/s", "min/s", "max/s", "ns/op", "p50 µs", "p99 µs", "p99.9 µs", "CPU µs/op",
            "alloc B/op", "open ms", "write ×", "space ×", "of the best",
        ];
        foreach (string column in right)
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        table.AddColumn("how");
        foreach (IGrouping<string, ResultRow> cell in rows.GroupBy(What))
        {
            if (table.Rows.Count > 0)
            {
                table.AddEmptyRow();
            }

            double best = cell.Max(row => row.OpsPerSecond);
            foreach (ResultRow row in cell)
            {
                table.AddRow(Columns(row, cell.Key, best));
            }
        }

        ResultTable.Write(table);
    }

    private static string[] Columns(ResultRow row, string what, double best) =>
    [
        what,
        row.Engine,
        ResultTable.Number(row.OpsPerSecond, "N0"),
        ResultTable.Number(row.OpsMin, "N0"),
        ResultTable.Number(row.OpsMax, "N0"),
        ResultTable.Number(1e9 / row.OpsPerSecond, "N0"),
        ResultTable.Number(row.P50Us, "N0"),
        ResultTable.Number(row.P99Us, "N0"),
        ResultTable.Number(row.P999Us, "N0"),
        ResultTable.Number(row.CpuUsPerOp, "N2"),
        ResultTable.Number(row.AllocatedBytesPerOp, "N2"),
        ResultTable.Number(row.OpenMs, "N1"),
        ResultTable.Number(row.WriteAmplification, "N2"),
        ResultTable.Number(row.SpaceAmplification, "N2"),
        ResultTable.Number(row.OpsPerSecond / best, "N2"),
        Markup.Escape(row.Note ?? string.Empty),
    ];

    private static string What(ResultRow row)
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
        ];
        return string.Join(", ", parts.Where(part => part is not null));
    }

    private static string? Of(int? number, string what) =>
        number is null ? null : string.Create(CultureInfo.InvariantCulture, $"{number} {what}");
}
