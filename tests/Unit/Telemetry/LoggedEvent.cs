using Microsoft.Extensions.Logging;

namespace LogEngine.Unit.Telemetry;

/// <summary>An event as the page lists it, or as it was logged.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Level">Its level.</param>
/// <param name="Category">Where it is logged.</param>
public sealed record LoggedEvent(int Id, string Name, LogLevel Level, string Category)
{
    /// <summary>Those of docs/metrics.md, in its order.</summary>
    internal static IReadOnlyList<LoggedEvent> OnPage { get; } =
    [
        .. File.ReadLines(Repository.RequireFile("docs", "metrics.md"))
            .SkipWhile(line => line != "## Log events")
            .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells[1] != "id")
            .Select(cells => new LoggedEvent(
                int.Parse(cells[1], System.Globalization.CultureInfo.InvariantCulture),
                cells[2].Trim('`'),
                Enum.Parse<LogLevel>(cells[3], ignoreCase: true),
                cells[4].Trim('`'))),
    ];
}
