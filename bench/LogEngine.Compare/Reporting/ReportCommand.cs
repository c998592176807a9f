namespace LogEngine.Compare.Reporting;

/// <summary>Renders all results below a directory: report.html by itself; report.md with SVG files.</summary>
internal static class ReportCommand
{
    /// <summary>Writes them into the directory; gives the exit code.</summary>
    /// <exception cref="UsageException">There are no results.</exception>
    internal static int Run(string directory)
    {
        IReadOnlyList<ReportSection> sections = ReportSection.Of(ResultFiles.Read(directory));
        string html = Path.Combine(directory, "report.html");
        File.WriteAllText(html, HtmlReport.Render(sections));
        foreach (ReportSection section in sections)
        {
            for (int i = 0; i < section.Plots.Count; i++)
            {
                File.WriteAllText(
                    Path.Combine(directory, section.FileOf(i)),
                    SvgPlot.Render(section.Plots[i], standsAlone: true));
            }
        }

        string markdown = Path.Combine(directory, "report.md");
        File.WriteAllText(markdown, MarkdownReport.Render(sections));
        Console.WriteLine(html);
        Console.WriteLine(markdown);
        return 0;
    }
}
