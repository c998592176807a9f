using LogEngine.Recovery;

namespace LogEngine.Unit.Recovery;

public sealed class TailDecisionTests
{
    [Fact]
    public void Every_input_matches_exactly_one_row()
    {
        foreach (TailFinding finding in Enum.GetValues<TailFinding>())
        {
            foreach (bool attested in new[] { false, true })
            {
                Assert.Single(TailDecision.Rows, row => row.Matches(finding, attested));
            }
        }
    }

    [Fact]
    public void Every_row_is_needed()
    {
        Assert.All(TailDecision.Rows, row => Assert.Contains(
            Enum.GetValues<TailFinding>(),
            finding => row.Matches(finding, true) || row.Matches(finding, false)));
        Assert.Equal(
            TailDecision.Rows.Count, TailDecision.Rows.Select(r => r.Name).Distinct().Count());
    }

    [Fact]
    public void What_is_attested_is_never_cut() => Assert.All(
        Enum.GetValues<TailFinding>(),
        finding => Assert.Equal(
            TailOutcome.Corruption, TailDecision.Decide(finding, attested: true).Outcome));

    [SkippableFact]
    public void The_page_has_the_same_rows_with_the_same_outcomes()
    {
        string page = File.ReadAllText(Repository.RequireFile("docs", "recovery.md"));
        Dictionary<string, string[]> rows = page.Split('\n')
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries)[1..^1])
            .Where(cells => TailDecision.Rows.Any(r => r.Name == cells[0].Trim('`')))
            .ToDictionary(cells => cells[0].Trim('`'));
        Assert.Equal(TailDecision.Rows.Select(r => r.Name).Order(), rows.Keys.Order());
        Assert.All(TailDecision.Rows, row => Assert.Contains(
            rows[row.Name],
            cell => cell.Contains($"{row.Outcome}", StringComparison.OrdinalIgnoreCase)));
    }
}
