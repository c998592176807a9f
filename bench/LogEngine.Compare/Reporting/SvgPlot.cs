using System.Globalization;
using System.Net;
using System.Text;

namespace LogEngine.Compare.Reporting;

/// <summary>Draws a plot as SVG; colours follow the reader's light or dark scheme.</summary>
internal static class SvgPlot
{
    private const double Width = 640;
    private const double Height = 360;
    private const double Left = 70;
    private const double Right = 150;
    private const double Top = 36;
    private const double Bottom = 48;

    private static readonly string[] Coloured =
        ["logengine", "rocksdb", "lmdb", "sqlite", "zonetree", "fasterkv", "bare", "device"];

    /// <summary>Classes that the drawing uses; each product has its own colour.</summary>
    internal const string Style = """
        .plot{font:12px system-ui,sans-serif;max-width:100%;height:auto}
        .plot text{fill:#1f2328}.plot .grid{stroke:#d0d7de}.plot .axis{stroke:#57606a}
        .plot .line{fill:none;stroke-width:2}.plot .title{font-weight:600}
        .c0{stroke:#0969da;fill:#0969da}.c1{stroke:#bc4c00;fill:#bc4c00}.c2{stroke:#1a7f37;fill:#1a7f37}
        .c3{stroke:#8250df;fill:#8250df}.c4{stroke:#bf3989;fill:#bf3989}.c5{stroke:#9a6700;fill:#9a6700}
        .c6{stroke:#1b7c83;fill:#1b7c83}.c7{stroke:#57606a;fill:#57606a}
        @media (prefers-color-scheme:dark){
        .plot text{fill:#e6edf3}.plot .grid{stroke:#30363d}.plot .axis{stroke:#8d96a0}
        .c0{stroke:#58a6ff;fill:#58a6ff}.c1{stroke:#f0883e;fill:#f0883e}.c2{stroke:#3fb950;fill:#3fb950}
        .c3{stroke:#bc8cff;fill:#bc8cff}.c4{stroke:#f778ba;fill:#f778ba}.c5{stroke:#d29922;fill:#d29922}
        .c6{stroke:#39c5cf;fill:#39c5cf}.c7{stroke:#8d96a0;fill:#8d96a0}}
        """;

    /// <summary>The drawing.</summary>
    /// <param name="plot">What to draw; each line has a point.</param>
    /// <param name="standsAlone">Whether it brings its style along, as a file of its own must.</param>
    internal static string Render(Plot plot, bool standsAlone)
    {
        PlotPoint[] all = [.. plot.Lines.SelectMany(line => line.Points)];
        PlotScale x = new(all.Select(point => point.X), plot.IsLogX);
        PlotScale y = new(all.Select(point => point.Y), plot.IsLogY);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" class="plot" width="{Width}" height="{Height}" viewBox="0 0 {Width} {Height}" role="img" aria-label="{Escaped(plot.Title)}">

            """);
        if (standsAlone)
        {
            svg.Append("<style>").Append(Style).Append("</style>\n");
        }

        svg.Append(CultureInfo.InvariantCulture, $"""
            <text class="title" x="{Left}" y="18">{Escaped(plot.Title)}</text>

            """);
        DrawAxes(svg, plot, x, y);
        for (int i = 0; i < plot.Lines.Count; i++)
        {
            DrawLine(svg, plot, plot.Lines[i], i, x, y);
        }

        return svg.Append("</svg>\n").ToString();
    }

    /// <summary>An engine's colour: its own in every plot; those without one share what is left.</summary>
    internal static int ColourOf(string engine, IReadOnlyList<PlotLine> lines)
    {
        int own = Array.IndexOf(Coloured, engine);
        if (own >= 0)
        {
            return own;
        }

        int[] taken = [.. lines.Select(line => Array.IndexOf(Coloured, line.Engine)).Where(c => c >= 0)];
        int[] free = [.. Enumerable.Range(0, Coloured.Length).Except(taken)];
        string[] others =
        [
            .. lines.Select(line => line.Engine).Where(name => !Coloured.Contains(name))
                .Order(StringComparer.Ordinal),
        ];
        int place = Array.IndexOf(others, engine);
        return free.Length > 0 ? free[place % free.Length] : place % Coloured.Length;
    }

    private static double AtX(Plot plot, PlotScale scale, double value)
    {
        double at = plot.Names is { } names
            ? (value + 0.5) / names.Count
            : scale.Of(value);
        return Left + (at * (Width - Left - Right));
    }

    private static double AtY(PlotScale scale, double value) =>
        Height - Bottom - (scale.Of(value) * (Height - Top - Bottom));

    private static void DrawAxes(StringBuilder svg, Plot plot, PlotScale x, PlotScale y)
    {
        double right = Width - Right;
        double bottom = Height - Bottom;
        foreach (double tick in y.Ticks)
        {
            double at = AtY(y, tick);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line class="grid" x1="{Left}" x2="{right}" y1="{at:0.#}" y2="{at:0.#}"/>
                <text x="{Left - 6}" y="{at + 4:0.#}" text-anchor="end">{PlotScale.Text(tick)}</text>

                """);
        }

        (double Value, string Text)[] marks = plot.Names is { } names
            ? [.. names.Select((name, i) => ((double)i, name))]
            : [.. Marks(plot, x).Select(value => (value, PlotScale.Text(value)))];
        foreach ((double value, string text) in marks)
        {
            double at = AtX(plot, x, value);
            svg.Append(CultureInfo.InvariantCulture, $"""
                <line class="axis" x1="{at:0.#}" x2="{at:0.#}" y1="{bottom}" y2="{bottom + 4}"/>
                <text x="{at:0.#}" y="{bottom + 18}" text-anchor="middle">{Escaped(text)}</text>

                """);
        }

        svg.Append(CultureInfo.InvariantCulture, $"""
            <line class="axis" x1="{Left}" x2="{right}" y1="{bottom}" y2="{bottom}"/>
            <text x="{(Left + right) / 2}" y="{Height - 10}" text-anchor="middle">{Escaped(plot.X)}</text>
            <text x="14" y="{(Top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 14 {(Top + bottom) / 2})">{Escaped(plot.Y)}</text>

            """);
    }

    /// <summary>On an axis of factors the measured places themselves, while there are few.</summary>
    private static IEnumerable<double> Marks(Plot plot, PlotScale scale)
    {
        double[] places =
            [.. plot.Lines.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order()];
        return plot.IsLogX && places.Length <= 8 ? places : scale.Ticks;
    }

    private static void DrawLine(
        StringBuilder svg, Plot plot, PlotLine line, int index, PlotScale x, PlotScale y)
    {
        int colour = ColourOf(line.Engine, plot.Lines);
        string points = string.Join(" ", line.Points.Select(point => string.Create(
            CultureInfo.InvariantCulture,
            $"{AtX(plot, x, point.X):0.#},{AtY(y, point.Y):0.#}")));
        svg.Append(CultureInfo.InvariantCulture, $"""
            <polyline class="line c{colour}" style="fill:none" points="{points}"/>

            """);
        foreach (PlotPoint point in line.Points)
        {
            svg.Append(CultureInfo.InvariantCulture, $"""
                <circle class="c{colour}" cx="{AtX(plot, x, point.X):0.#}" cy="{AtY(y, point.Y):0.#}" r="3"><title>{Escaped(line.Engine)}: {PlotScale.Text(point.Y)}</title></circle>

                """);
        }

        double legend = Top + 8 + (index * 20);
        svg.Append(CultureInfo.InvariantCulture, $"""
            <rect class="c{colour}" x="{Width - Right + 14}" y="{legend - 8}" width="12" height="8"/>
            <text x="{Width - Right + 32}" y="{legend}">{Escaped(line.Engine)}</text>

            """);
    }

    private static string Escaped(string text) => WebUtility.HtmlEncode(text);
}
