namespace LogEngine.Cli.Benching;

/// <summary>How long single appends took, and how many there were in a second.</summary>
/// <param name="PerSecond">Appends acknowledged in a second, of all writers together.</param>
/// <param name="Count">Appends that were measured.</param>
/// <param name="P50">Half of them took this long at most.</param>
/// <param name="P90">Nine of ten.</param>
/// <param name="P99">99 of 100.</param>
/// <param name="P999">999 of 1,000.</param>
/// <param name="Slowest">The slowest.</param>
internal sealed record BenchFigures(
    double PerSecond,
    int Count,
    TimeSpan P50,
    TimeSpan P90,
    TimeSpan P99,
    TimeSpan P999,
    TimeSpan Slowest)
{
    /// <summary>Of times in any order, at least one.</summary>
    internal static BenchFigures Of(List<TimeSpan> times, TimeSpan elapsed)
    {
        times.Sort();
        return new BenchFigures(
            times.Count / Math.Max(elapsed.TotalSeconds, 1e-6),
            times.Count,
            At(times, 0.5),
            At(times, 0.9),
            At(times, 0.99),
            At(times, 0.999),
            times[^1]);
    }

    /// <summary>The nearest rank: the first that at least this share does not exceed.</summary>
    private static TimeSpan At(List<TimeSpan> sorted, double share) =>
        sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Count) - 1)];
}
