using System.Globalization;
using System.Net;
using System.Text;

namespace LogEngine.Compare.Reporting;

/// <summary>A page that needs nothing but itself.</summary>
internal static class HtmlReport
{
    private const string PageStyle = """
        :root{color-scheme:light dark}
        body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:1320px;padding:0 1rem;
        color:#1f2328;background:#fff}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px;margin:1rem 0}
        .scroll{overflow-x:auto}
        th,td{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #d0d7de;white-space:nowrap}
        th:nth-child(-n+2),td:nth-child(-n+2),th:last-child,td:last-child{text-align:left}
        td:last-child{white-space:normal;min-width:16rem;color:#57606a}
        tr.cell td{border-top:2px solid #57606a}tr.beats td{font-weight:700}
        .plots{display:flex;flex-wrap:wrap;gap:1rem}
        @media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}
        th,td{border-color:#30363d}td:last-child{color:#8d96a0}tr.cell td{border-color:#8d96a0}}
        """;

    /// <summary>The page.</summary>
    internal static string Render(IReadOnlyList<ReportSection> sections)
    {
        StringBuilder page = new();
        page.Append(CultureInfo.InvariantCulture, $"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Benchmarks</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>{PageStyle}{SvgPlot.Style}</style></head><body>
            <h1>Benchmarks</h1>
            <p>A row in bold is another product's that is faster than LogEngine in the same cell.</p>
            <p>{string.Join(" · ", sections.Select(s => $"<a href=\"#{Escaped(s.Suite)}\">{Escaped(s.Suite)}</a>"))}</p>

            """);
        foreach (ReportSection section in sections)
        {
            page.Append(CultureInfo.InvariantCulture, $"""
                <h2 id="{Escaped(section.Suite)}">{Escaped(section.Suite)}</h2>

                """);
            Table(page, section);
            if (section.Plots.Count > 0)
            {
                page.Append("<div class=\"plots\">\n");
                foreach (Plot plot in section.Plots)
                {
                    page.Append(SvgPlot.Render(plot, standsAlone: false));
                }

                page.Append("</div>\n");
            }
        }

        return page.Append("</body></html>\n").ToString();
    }

    private static void Table(StringBuilder page, ReportSection section)
    {
        IReadOnlyList<ResultColumn> columns = ResultColumn.Of(section.Rows);
        page.Append("<div class=\"scroll\"><table><thead><tr><th>what</th><th>engine</th>")
            .AppendJoin(string.Empty, columns.Select(column => $"<th>{Escaped(column.Header)}</th>"))
            .Append("<th>how</th></tr></thead><tbody>\n");
        foreach (IReadOnlyList<ResultRow> cell in section.Cells)
        {
            for (int i = 0; i < cell.Count; i++)
            {
                ResultRow row = cell[i];
                string[] classes =
                [
                    .. i == 0 ? (string[])["cell"] : [],
                    .. ResultCell.BeatsUs(row, cell) ? (string[])["beats"] : [],
                ];
                page.Append(CultureInfo.InvariantCulture, $"<tr class=\"{string.Join(' ', classes)}\">")
                    .Append(CultureInfo.InvariantCulture, $"<td>{Escaped(ResultCell.What(row))}</td>")
                    .Append(CultureInfo.InvariantCulture, $"<td>{Escaped(ResultCell.Label(row))}</td>")
                    .AppendJoin(string.Empty, columns.Select(column => $"<td>{column.Text(row)}</td>"))
                    .Append(CultureInfo.InvariantCulture, $"<td>{Escaped(row.Note ?? string.Empty)}</td>")
                    .Append("</tr>\n");
            }
        }

        page.Append("</tbody></table></div>\n");
    }

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
