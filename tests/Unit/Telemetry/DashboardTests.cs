using System.Text.Json;
using System.Text.RegularExpressions;
using LogEngine.Unit.Docs;

namespace LogEngine.Unit.Telemetry;

/// <summary>
/// The dashboard and the alert rules ask for what the instruments give, under the names that Prometheus makes of
/// them; docs/metrics.md, which lists these, is compared with the instruments by another test.
/// </summary>
public sealed partial class DashboardTests
{
    private const string Page = "docs/metrics.md";
    private const string Dashboard = "docs/grafana.json";
    private const string Alerts = "docs/alerts.yml";

    [SkippableFact]
    public void The_dashboard_asks_for_what_there_is()
    {
        using JsonDocument dashboard = JsonDocument.Parse(Pages.Read(Dashboard));
        JsonElement[] panels =
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray()
                .Where(panel => panel.GetProperty("type").GetString() != "row"),
        ];
        Assert.True(panels.Length > 10);
        Assert.Equal(
            panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        foreach (JsonElement panel in panels)
        {
            string[] asked =
            [
                .. panel.GetProperty("targets").EnumerateArray()
                    .Select(target => target.GetProperty("expr").GetString()!),
            ];
            Assert.NotEmpty(asked);
            Assert.All(asked, AssertAsksForWhatThereIs);
        }

        foreach (JsonElement variable in dashboard.RootElement.GetProperty("templating")
            .GetProperty("list").EnumerateArray())
        {
            AssertNamesExist(variable.GetProperty("query").GetString()!);
        }
    }

    [SkippableFact]
    public void The_alert_rules_ask_for_what_there_is_and_say_what_to_do()
    {
        string[] rules = [.. Pages.Read(Alerts).Split("- alert: ").Skip(1)];
        Assert.True(rules.Length > 10);
        Assert.Equal(
            rules.Length, rules.Select(rule => rule.Split('\n')[0]).Distinct().Count());
        foreach (string rule in rules)
        {
            Match asked = Expression().Match(rule);
            Assert.True(asked.Success, rule);
            AssertAsksForWhatThereIs(asked.Groups[1].Value);
            Assert.Matches(@"severity: (critical|warning)\n", rule);
            Assert.Matches("summary: \"[^\"]{10,}\"\n", rule);
            Assert.Matches("description: \"[^\"]{10,}\"\n", rule);
            AssertNamesExist(rule);
        }
    }

    /// <summary>A test of the test: a name that there is not is seen.</summary>
    [SkippableFact]
    public void A_name_that_there_is_not_is_seen()
    {
        Assert.Equal(["logengine_log_record_total"], Unknown("rate(logengine_log_record_total[5m])"));
        Assert.Equal(["logengine_directoy"], Unknown("logengine_engine_keys{logengine_directoy=\"a\"}"));
        Assert.Empty(Unknown("rate(logengine_queue_time_in_queue_seconds_bucket[5m])"));
    }

    private static void AssertAsksForWhatThereIs(string expression)
    {
        Assert.Contains(Named().Matches(expression), name => Metrics.Contains(name.Value));
        AssertNamesExist(expression);
        Assert.Equal(expression.Count(c => c == '('), expression.Count(c => c == ')'));
        Assert.Equal(expression.Count(c => c == '{'), expression.Count(c => c == '}'));
    }

    private static void AssertNamesExist(string text) => Assert.Empty(Unknown(text));

    private static string[] Unknown(string text) =>
    [
        .. Named().Matches(text).Select(name => name.Value)
            .Where(name => !Metrics.Contains(name) && !Labels.Contains(name))
            .Distinct(),
    ];

    /// <summary>What Prometheus calls the instruments of the page.</summary>
    private static HashSet<string> Metrics { get; } =
    [
        .. MetricsTests.Rows.SelectMany(row => NamesOf((string)row[0], (string)row[1], (string)row[2])),
    ];

    /// <summary>And the tags that it names.</summary>
    private static HashSet<string> Labels { get; } =
    [
        .. Quoted().Matches(Pages.Read(Page)).Select(name => name.Groups[1].Value.Replace('.', '_')),
    ];

    private static IEnumerable<string> NamesOf(string name, string kind, string unit)
    {
        string suffix = unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        string full = name.Replace('.', '_') + suffix;
        return kind switch
        {
            "counter" => [full + "_total"],
            "histogram" => [full + "_bucket", full + "_sum", full + "_count"],
            _ => [full],
        };
    }

    [GeneratedRegex(@"\b(?:logengine|messaging|error)_[a-z_0-9]*[a-z0-9]\b")]
    private static partial Regex Named();

    [GeneratedRegex(@"`((?:logengine|messaging|error)\.[a-z._]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"expr: (?:>-\n)?(.*?)\n +for:", RegexOptions.Singleline)]
    private static partial Regex Expression();
}
