using System.Globalization;
using LogEngine.Compare.Measuring;

namespace LogEngine.Compare.Reporting;

/// <summary>Results of the same runs before and after a change; says what has become slower.</summary>
internal static class CompareResults
{
    /// <summary>Exit code when something is slower than it may be.</summary>
    internal const int Slower = 3;

    /// <summary>How much slower the median may be.</summary>
    internal const double Allowed = 0.10;

    /// <summary>Compares the results below two directories; gives the exit code.</summary>
    /// <exception cref="UsageException">One has no results, or they have none in common.</exception>
    internal static int Run(string before, string after)
    {
        IReadOnlyList<Change> changes =
            Of(ResultFiles.Read(before), ResultFiles.Read(after));
        if (changes.Count == 0)
        {
            throw new UsageException($"'{before}' and '{after}' have no results in common.");
        }

        foreach (Change change in changes)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{change.Ratio,6:N2}{(change.IsSlower ? " SLOWER" : "       ")}  {change.What}: "
                + $"{change.Before:N0}/s ({change.RunsBefore} runs), then {change.After:N0}/s ({change.RunsAfter})"));
        }

        int slower = changes.Count(change => change.IsSlower);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{slower} of {changes.Count} medians are more than {Allowed:P0} slower"));
        return slower == 0 ? 0 : Slower;
    }

    /// <summary>Medians of rows that are the same but for their figures.</summary>
    internal static IReadOnlyList<Change> Of(
        IReadOnlyList<ResultRow> before, IReadOnlyList<ResultRow> after) =>
    [
        .. before.GroupBy(Key).Join(
            after.GroupBy(Key),
            old => old.Key,
            now => now.Key,
            (old, now) => new Change(
                old.Key,
                Median(old),
                Median(now),
                old.Sum(row => row.Runs),
                now.Sum(row => row.Runs))),
    ];

    private static string Key(ResultRow row) =>
        $"{row.Suite} {row.Engine}{(row.Pool is null ? string.Empty : $" ({row.Pool})")}, {ResultCell.What(
            row with { OfferedPerSecond = null })}";

    private static double Median(IEnumerable<ResultRow> rows) =>
        Medians.Of(rows.Select(row => (double?)row.OpsPerSecond))!.Value;

    /// <summary>One figure, before and after.</summary>
    internal sealed record Change(
        string What, double Before, double After, int RunsBefore, int RunsAfter)
    {
        /// <summary>Below 1: slower.</summary>
        internal double Ratio => After / Before;

        /// <summary>Slower than it may be.</summary>
        internal bool IsSlower => Ratio < 1 - Allowed;
    }
}
