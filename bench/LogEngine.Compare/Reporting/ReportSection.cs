namespace LogEngine.Compare.Reporting;

/// <summary>One suite in a report: its rows by what may be compared, and its plots.</summary>
/// <param name="Suite">Its name.</param>
/// <param name="Cells">Rows that may be compared with each other.</param>
/// <param name="Plots">What is seen better than read.</param>
internal sealed record ReportSection(
    string Suite, IReadOnlyList<IReadOnlyList<ResultRow>> Cells, IReadOnlyList<Plot> Plots)
{
    /// <summary>All rows.</summary>
    internal IReadOnlyList<ResultRow> Rows => [.. Cells.SelectMany(cell => cell)];

    /// <summary>A section for each suite, in the order in which 'all' runs them.</summary>
    internal static IReadOnlyList<ReportSection> Of(IReadOnlyList<ResultRow> rows) =>
    [
        .. rows.GroupBy(row => row.Suite).OrderBy(suite => Place(suite.Key)).Select(suite => new ReportSection(
            suite.Key,
            [.. suite.GroupBy(ResultCell.What).Select(cell => (IReadOnlyList<ResultRow>)[.. cell])],
            ReportPlots.Of([.. suite]))),
    ];

    /// <summary>The name of a plot's file.</summary>
    internal string FileOf(int plot) => $"{Suite}-{plot + 1}.svg";

    private static int Place(string suite) =>
        SuiteCatalog.All.TakeWhile(entry => entry.Name != suite).Count();
}
