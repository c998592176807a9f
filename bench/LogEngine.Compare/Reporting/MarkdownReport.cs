using System.Globalization;
using System.Text;

namespace LogEngine.Compare.Reporting;

/// <summary>The same for a repository or an issue; plots are files beside it.</summary>
internal static class MarkdownReport
{
    /// <summary>The text.</summary>
    internal static string Render(IReadOnlyList<ReportSection> sections)
    {
        StringBuilder text = new();
        text.Append("# Benchmarks\n\n")
            .Append("A row in bold is another product's that is faster than LogEngine in the same cell.\n");
        foreach (ReportSection section in sections)
        {
            IReadOnlyList<ResultColumn> columns = ResultColumn.Of(section.Rows);
            text.Append(CultureInfo.InvariantCulture, $"\n## {section.Suite}\n\n| what | engine |")
                .AppendJoin(string.Empty, columns.Select(column => $" {column.Header} |"))
                .Append(" how |\n|---|---|")
                .AppendJoin(string.Empty, columns.Select(_ => "---:|"))
                .Append("---|\n");
            foreach (IReadOnlyList<ResultRow> cell in section.Cells)
            {
                foreach (ResultRow row in cell)
                {
                    bool bold = ResultCell.BeatsUs(row, cell);
                    text.Append('|').AppendJoin('|', Fields(row, columns).Select(
                        field => bold && field.Length > 0 ? $" **{field}** " : $" {field} ")).Append("|\n");
                }
            }

            for (int i = 0; i < section.Plots.Count; i++)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"\n![{Escaped(section.Plots[i].Title)}]({section.FileOf(i)})\n");
            }
        }

        return text.ToString();
    }

    private static IEnumerable<string> Fields(ResultRow row, IReadOnlyList<ResultColumn> columns) =>
    [
        Escaped(ResultCell.What(row)),
        Escaped(ResultCell.Label(row)),
        .. columns.Select(column => column.Text(row)),
        Escaped(row.Note ?? string.Empty),
    ];

    private static string Escaped(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace("*", "\\*", StringComparison.Ordinal);
}
