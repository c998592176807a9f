using System.Text.RegularExpressions;
using LogEngine.Agents;
using LogEngine.Akka.Persistence;
using LogEngine.Extensions;
using LogEngine.OpenTelemetry;
using LogEngine.Orleans;
using LogEngine.Rebus;

namespace LogEngine.Unit.Docs;

/// <summary>Whoever meets an error or a warning finds on docs/operate-it.md what to do.</summary>
public sealed partial class OperatePageTests
{
    private static readonly Lazy<string> _page = new(() => Pages.Read("docs/operate-it.md"));

    public static TheoryData<string> Exceptions => new(Names());

    [SkippableTheory]
    [MemberData(nameof(Exceptions))]
    public void Every_exception_has_a_row(string exception) => Assert.True(
        _page.Value.Split('\n').Any(line => line.StartsWith('|')
            && line.Split('|')[1].Contains($"`{exception}`", StringComparison.Ordinal)),
        $"docs/operate-it.md does not say what to do about {exception}");

    /// <summary>No row for what does not exist any more.</summary>
    [SkippableFact]
    public void Every_exception_of_the_page_exists()
    {
        HashSet<string> known =
        [
            .. Names(),
            nameof(ArgumentOutOfRangeException),
            nameof(ObjectDisposedException),
            nameof(PlatformNotSupportedException),
        ];
        Assert.DoesNotContain(
            ExceptionName().Matches(_page.Value).Select(name => name.Value),
            name => !known.Contains(name));
    }

    [SkippableFact]
    public void Every_event_from_warning_on_has_a_row_and_no_other_has()
    {
        string[] told =
        [
            .. EventRow().Matches(Pages.Read("docs/metrics.md"))
                .Where(row => row.Groups[3].Value is "warning" or "error" or "critical")
                .Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value}"),
        ];
        Assert.True(told.Length > 20, $"only {told.Length} events were found");
        Assert.Equal(
            told,
            ActionRow().Matches(_page.Value)
                .Select(row => $"{row.Groups[1].Value} {row.Groups[2].Value}"));
    }

    [SkippableFact]
    public void Every_metric_of_the_page_is_one()
    {
        string metrics = Pages.Read("docs/metrics.md");
        string[] named = [.. MetricName().Matches(_page.Value).Select(name => name.Value)];
        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, metrics, StringComparison.Ordinal));
    }

    private static IEnumerable<string> Names() =>
        typeof(StorageEngine).Assembly.GetExportedTypes()
            .Concat(typeof(LogEngineSettings).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineTransportOptions).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineJournal).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineBlobProvider).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineGrainStorageOptions).Assembly.GetExportedTypes())
            .Concat(typeof(LogEngineCheckpointOptions).Assembly.GetExportedTypes())
            .Where(type => typeof(Exception).IsAssignableFrom(type) && !type.IsAbstract)
            .Select(type => type.Name);

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+Exception\b")]
    private static partial Regex ExceptionName();

    [GeneratedRegex(@"^\| (\d+) \| `([A-Za-z]+)` \| ([a-z]+) \|", RegexOptions.Multiline)]
    private static partial Regex EventRow();

    [GeneratedRegex(@"^\| (\d+) \| `([A-Za-z]+)` \|", RegexOptions.Multiline)]
    private static partial Regex ActionRow();

    [GeneratedRegex(@"`logengine\.[a-z._]+`")]
    private static partial Regex MetricName();
}
