using LogEngine.Compare.Reporting;

namespace LogEngine.Compare;

/// <summary>A comparison: its name, its sides, what it runs with unless told otherwise.</summary>
/// <param name="Name">Its name on the command line and in results.</param>
/// <param name="Engines">Sides that run when none are named.</param>
/// <param name="RunAsync">Runs it, at one durability.</param>
internal sealed record SuiteEntry(
    string Name, IReadOnlyList<string> Engines, Func<CompareOptions, Report, Task> RunAsync)
{
    /// <summary>Sides that run only when they are named.</summary>
    internal IReadOnlyList<string> MoreEngines { get; init; } = [];

    /// <summary>What it has of its own instead of the general defaults.</summary>
    internal Func<CompareOptions, CompareOptions> Defaults { get; init; } = options => options;

    /// <summary>What --quick makes of them: enough to see that every side works.</summary>
    internal Func<CompareOptions, CompareOptions> Quick { get; init; } = options => options;

    /// <summary>Its options before the command line is read.</summary>
    internal CompareOptions Options(bool quick)
    {
        CompareOptions options =
            Defaults(new CompareOptions { Suite = Name }) with { Engines = [.. Engines] };
        return quick
            ? Quick(options with
            {
                Length = TimeSpan.FromSeconds(0.25),
                WarmUp = TimeSpan.FromSeconds(0.1),
                Repeat = 1,
                SegmentBytes = 16L << 20,
                KeepBytes = 64L << 20,
                CacheBytes = 64L << 20,
                Settle = TimeSpan.FromSeconds(0.5),
            })
            : options;
    }
}
