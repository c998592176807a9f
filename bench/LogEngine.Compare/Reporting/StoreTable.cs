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
        IReadOnlyList<ResultColumn> columns = ResultColumn.Of(rows);
        foreach (string header in (string[])[.. columns.Select(c => c.Header), "of the best"])
        {
            table.AddColumn(new TableColumn(header).RightAligned());
        }

        table.AddColumn("how");
        foreach (IGrouping<string, ResultRow> cell in rows.GroupBy(ResultCell.What))
        {
            if (table.Rows.Count > 0)
            {
                table.AddEmptyRow();
            }

            double best = cell.Max(row => row.OpsPerSecond);
            foreach (ResultRow row in cell)
            {
                table.AddRow(
                [
                    cell.Key,
                    row.Engine,
                    .. columns.Select(column => column.Text(row)),
                    (row.OpsPerSecond / best).ToString("N2", CultureInfo.InvariantCulture),
                    Markup.Escape(row.Note ?? string.Empty),
                ]);
            }
        }

        ResultTable.Write(table);
    }
}
