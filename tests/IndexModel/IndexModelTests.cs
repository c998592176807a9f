using System.Diagnostics;
using System.Globalization;
using LogEngine.Index;
using Xunit.Abstractions;

namespace LogEngine.IndexModel;

/// <summary>The index alone, against a model, with all kinds of keys.</summary>
/// <remarks>
/// LOGENGINE_INDEX_CHANGES says how many changes are made; LOGENGINE_INDEX_SEED is a number, or
/// a family and a number to run one plan again.
/// </remarks>
public sealed class IndexModelTests(ITestOutputHelper output)
{
    private const long DefaultChanges = 12_000_000;

    // Case 0: keys such as users make, and trees of many levels.
    [Fact]
    public void Any_changes_give_what_a_sorted_map_gives()
    {
        string[] seed = (Environment.GetEnvironmentVariable("LOGENGINE_INDEX_SEED") ?? "1")
            .Split(':');
        ulong number = ulong.Parse(seed[^1], CultureInfo.InvariantCulture);
        IndexHunt hunt = new();
        if (seed.Length > 1)
        {
            hunt.Run(IndexPlan.Of(Enum.Parse<KeyFamily>(seed[0]), number));
            return;
        }

        string? set = Environment.GetEnvironmentVariable("LOGENGINE_INDEX_CHANGES");
        long wanted = set is null ? DefaultChanges : long.Parse(set, CultureInfo.InvariantCulture);
        Stopwatch watch = Stopwatch.StartNew();
        long said = 0;
        for (ulong round = 0; hunt.Changes < wanted; round++)
        {
            foreach (KeyFamily family in KeyFamilies.All)
            {
                hunt.Run(IndexPlan.Of(family, KeyFamilies.Mix(number, (long)round)));
            }

            if (hunt.Changes - said >= 10_000_000)
            {
                said = hunt.Changes;
                Say(hunt, watch);
            }
        }

        Say(hunt, watch);
        int atLeast = PageSize.Bytes == 256 ? 3 : 2;
        Assert.All(
            hunt.Levels, pair => Assert.InRange(pair.Value, atLeast, IndexLimits.MaxDepth));
    }

    private void Say(IndexHunt hunt, Stopwatch watch)
    {
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"{hunt.Changes:N0} changes in {watch.Elapsed.TotalSeconds:F0} s, pages of {PageSize.Bytes} bytes; levels: {string.Join(
                    ", ", hunt.Levels.Select(pair => $"{pair.Key} {pair.Value}"))}");
        output.WriteLine(line);
        if (Environment.GetEnvironmentVariable("LOGENGINE_INDEX_REPORT") is { } path)
        {
            File.AppendAllText(path, line + Environment.NewLine);
        }
    }
}
