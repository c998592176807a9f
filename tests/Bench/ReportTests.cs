using System.Text.RegularExpressions;
using System.Xml.Linq;
using LogEngine.Compare;
using LogEngine.Compare.Reporting;

namespace LogEngine.Bench;

public class ReportTests
{
    [Fact]
    public void A_peer_that_is_faster_is_bold_and_nothing_else_is()
    {
        ResultRow ours = Row("logengine", 100);
        ResultRow[] rows = [ours, Row("rocksdb", 90), Row("lmdb", 110), Row("device", 500), Row("bare", 400)];

        Assert.Equal(["lmdb"], rows.Where(row => ResultCell.BeatsUs(row, rows)).Select(row => row.Engine));
        Assert.False(ResultCell.BeatsUs(rows[2], [rows[2]]));
        Assert.False(ResultCell.BeatsUs(rows[2], [.. rows, Row("logengine-2", 120)]));
    }

    [Fact]
    public void Markdown_has_a_table_with_that_row_in_bold()
    {
        string text = MarkdownReport.Render(ReportSection.Of([Row("logengine", 100), Row("lmdb", 110)]));

        Assert.Contains("| **lmdb** | **110** |", text, StringComparison.Ordinal);
        Assert.Contains("| logengine | 100 |", text, StringComparison.Ordinal);
        string[] table = [.. text.Split('\n').Where(line => line.StartsWith('|'))];
        Assert.Equal(4, table.Length);
        Assert.Single(table.Select(line => line.Count(c => c == '|')).Distinct());
    }

    [Fact]
    public void The_page_needs_no_other_resource_and_shows_text_as_text()
    {
        string page = HtmlReport.Render(ReportSection.Of(
        [
            Row("logengine", 100) with { Note = "<b>&" }, Row("lmdb", 110),
            Row("logengine", 200) with { Appenders = 64 }, Row("lmdb", 220) with { Appenders = 64 },
        ]));

        Assert.DoesNotContain("<b>&", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;", page, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(page, "class=\"[^\"]*beats"));
        Assert.Empty(Regex.Matches(page, "(src|href)=\"(?!#)"));
        Assert.DoesNotContain("@import", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme:dark", page, StringComparison.Ordinal);
        Assert.NotEmpty(Drawings(page));
    }

    [Fact]
    public void Rates_over_appenders_are_a_line_for_each_engine()
    {
        ResultRow[] rows =
        [
            Row("logengine", 100), Row("lmdb", 110),
            Row("logengine", 2000) with { Appenders = 64 }, Row("lmdb", 120) with { Appenders = 64 },
            Row("sqlite", 50),
        ];

        Plot plot = Assert.Single(ReportPlots.Of(rows));

        Assert.Equal(["logengine", "lmdb"], plot.Lines.Select(line => line.Engine));
        Assert.Equal([new(1, 100), new(64, 2000)], plot.Lines[0].Points);
    }

    [Fact]
    public void Latencies_space_and_growth_are_plotted()
    {
        ResultRow[] rows =
        [
            Row("logengine", 100) with { P50Us = 1, P99Us = 10, P999Us = 100 },
            Row("lmdb", 100) with { P50Us = 2, P99Us = 20, P999Us = 200 },
            Row("logengine", 1) with { SpaceOverTime = [new(0, 1 << 20), new(1, 2 << 20)], Payload = 7 },
            Growth(1_000_000), Growth(5_000_000),
        ];

        string[] titles = [.. ReportPlots.Of(rows).Select(plot => plot.Title)];

        foreach (string what in (string[])
            ["latency", "space on disk", "open ms, closed", "open ms, killed", "MiB of index", "MiB of process"])
        {
            Assert.Single(titles, title => title.Contains(what, StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_drawing_is_XML_that_keeps_within_its_frame()
    {
        Plot plot = new("a < b & c", "x", "y", [
            new PlotLine("logengine", [new(1, 1), new(512, 1_570_000)]),
            new PlotLine("lmdb", [new(1, 3), new(64, 0.5)])])
        {
            IsLogX = true,
            IsLogY = true,
        };

        XElement svg = XElement.Parse(SvgPlot.Render(plot, standsAlone: true));

        double[] xs = [.. svg.Descendants().Where(e => e.Name.LocalName == "circle").Select(e => (double)e.Attribute("cx")!)];
        double[] ys = [.. svg.Descendants().Where(e => e.Name.LocalName == "circle").Select(e => (double)e.Attribute("cy")!)];
        Assert.Equal(4, xs.Length);
        Assert.All(xs, x => Assert.InRange(x, 70, 490));
        Assert.All(ys, y => Assert.InRange(y, 36, 312));
        Assert.Single(svg.Descendants(), e => e.Name.LocalName == "style");
        Assert.Equal("a < b & c", (string)svg.Attribute("aria-label")!);
    }

    [Theory]
    [InlineData(new[] { 3.0, 40_000.0 }, true, 1, 100_000)]
    [InlineData(new[] { 5.0 }, true, 1, 10)]
    [InlineData(new[] { 0.0, 7.3 }, false, 0, 8)]
    [InlineData(new[] { 0.0 }, false, 0, 1)]
    public void A_scale_ends_at_round_figures_around_all(double[] values, bool isLog, double low, double high)
    {
        PlotScale scale = new(values, isLog);

        Assert.Equal(low, scale.Ticks[0], 12);
        Assert.Equal(high, scale.Ticks[^1], 12);
        Assert.Equal(0, scale.Of(scale.Ticks[0]), 9);
        Assert.Equal(1, scale.Of(scale.Ticks[^1]), 9);
        Assert.All(values, value => Assert.InRange(scale.Of(value), 0, 1));
        Assert.InRange(scale.Ticks.Count, 2, 12);
    }

    [Fact]
    public void Results_are_read_as_they_were_written()
    {
        using ScratchDirectory scratch = new();
        string directory = Directory.CreateDirectory(scratch.Path).FullName;
        ResultRow[] rows =
        [
            Row("logengine", 12.5) with { P99Us = 3, SpaceOverTime = [new(0.25, 4096)], Note = "→ \"x\"" },
            Row("lmdb", 1),
        ];
        ResultFiles.Write(Path.Combine(directory, "a.json"), rows);

        IReadOnlyList<ResultRow> read = ResultFiles.Read(directory);

        Assert.Equal(rows[1], read[1]);
        Assert.Equal(rows[0].SpaceOverTime, read[0].SpaceOverTime);
        Assert.Equal(rows[0] with { SpaceOverTime = null }, read[0] with { SpaceOverTime = null });
        Assert.Contains("\"p99_us\": 3", File.ReadAllText(Path.Combine(directory, "a.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void What_holds_no_results_is_named()
    {
        using ScratchDirectory scratch = new();
        string directory = Directory.CreateDirectory(scratch.Path).FullName;
        Assert.Throws<UsageException>(() => ResultFiles.Read(directory));
        File.WriteAllText(Path.Combine(directory, "bad.json"), "{}");

        UsageException error = Assert.Throws<UsageException>(() => ResultFiles.Read(directory));

        Assert.Contains("bad.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_report_is_three_kinds_of_files_beside_the_results()
    {
        using ScratchDirectory scratch = new();
        string directory = Directory.CreateDirectory(scratch.Path).FullName;
        ResultFiles.Write(
            Path.Combine(directory, "kv-put.json"),
            [Row("logengine", 100), Row("logengine", 200) with { Appenders = 64 }]);

        Assert.Equal(0, ReportCommand.Run(directory));

        string markdown = File.ReadAllText(Path.Combine(directory, "report.md"));
        Assert.Contains("(kv-put-1.svg)", markdown, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(directory, "kv-put-1.svg")));
        Assert.True(File.Exists(Path.Combine(directory, "report.html")));
    }

    [Fact]
    public void More_than_a_tenth_slower_in_the_median_is_slower()
    {
        ResultRow[] before = [Row("logengine", 90), Row("logengine", 100), Row("logengine", 500)];

        Assert.True(Assert.Single(CompareResults.Of(before, [Row("logengine", 89)])).IsSlower);
        Assert.False(Assert.Single(CompareResults.Of(before, [Row("logengine", 91)])).IsSlower);
        Assert.Empty(CompareResults.Of(before, [Row("lmdb", 1)]));
    }

    [Theory]
    [InlineData(95, 0)]
    [InlineData(80, CompareResults.Slower)]
    public void Comparing_exits_with_what_it_found(double after, int code)
    {
        using ScratchDirectory scratch = new();
        string directory = Directory.CreateDirectory(scratch.Path).FullName;
        foreach ((string name, double rate) in ((string, double)[])[("a", 100), ("b", after)])
        {
            Directory.CreateDirectory(Path.Combine(directory, name));
            ResultFiles.Write(Path.Combine(directory, name, "1.json"), [Row("logengine", rate)]);
        }

        Assert.Equal(code, CompareResults.Run(
            Path.Combine(directory, "a"), Path.Combine(directory, "b")));
    }

    private static IEnumerable<XElement> Drawings(string page) =>
        Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline).Select(m => XElement.Parse(m.Value));

    private static ResultRow Growth(long keys) => Row("keys", 1) with
    {
        Suite = "growth",
        Keys = keys,
        LiveBytes = keys * 108,
        OpenMs = 10,
        OpenKilledMs = 20,
        IndexBytes = keys * 40,
        ProcessBytes = keys * 50,
    };

    private static ResultRow Row(string engine, double rate) => new()
    {
        Suite = "kv-put",
        Engine = engine,
        Appenders = 1,
        Payload = 100,
        Durability = "power-loss",
        OpsPerSecond = rate,
        OpsMin = rate,
        OpsMax = rate,
        BytesPerSecond = rate * 100,
        Runs = 1,
    };
}
