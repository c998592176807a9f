using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Runs once for all tests that look at it: every sequence of one and two steps, of three in long
/// runs, the deep ones, then random ones until the time is over.
/// </summary>
public sealed class EngineSweep
{
    /// <summary>Seconds in an ordinary run, all of it.</summary>
    private const double Seconds = 40;

    private readonly RowResult _result = new();
    private readonly EngineTotals _totals = new();

    public EngineSweep()
    {
        FaultBudget budget = FaultBudget.OfAtLeast(Seconds);
        FaultBudget whole = new(TimeSpan.FromDays(1));
        FaultBudget exhaustive = FaultBudget.IsLong ? whole : budget;
        int few = FaultBudget.IsLong ? 1000 : 8;
        int one = Run(
            EngineHunt.Workloads(EngineWorkload.Sequences(1), 100)
                .Select(w => w with { MostChoices = few }),
            exhaustive);
        int deep = Run(
            EngineHunt.Workloads(EngineHunt.Deep, 10).Select(w => w with { MostChoices = few }),
            exhaustive);
        int two = Run(
            EngineHunt.Workloads(EngineWorkload.Sequences(2), 100_000).Select(w => w with
            {
                CrashFrom = 1,
                MostChoices = few / 4,
            }),
            exhaustive);
        int three = FaultBudget.IsLong
            ? Run(
                EngineHunt.Workloads(EngineWorkload.Sequences(3), 1_000_000).Select(w => w with
                {
                    CrashFrom = 2,
                    MostChoices = 8,
                }),
                budget)
            : 0;
        int random = Run(Random(FaultBudget.Seed), budget);
        int all = EngineWorkload.Sequences(2).Count() * 2;
        Console.WriteLine(
            $"engine sweep: {one} of one step, {deep} deep, {two} of {all} of two, {three} of three "
            + $"and {random} random workloads, {Result.States} states, {Result.Distinct} distinct, "
            + $"{whole.Elapsed.TotalSeconds:F0} s, "
            + $"{Result.Distinct / whole.Elapsed.TotalSeconds:F0}/s, {_totals.Snapshots} snapshots, "
            + $"{_totals.SegmentsFreed} segments freed, {_totals.RelocatedBytes} bytes relocated, "
            + $"seed {FaultBudget.Seed}");
    }

    internal RowResult Result => _result;

    internal EngineTotals Totals => _totals;

    private static IEnumerable<EngineWorkload> Random(int seed)
    {
        EngineStep[] all = Enum.GetValues<EngineStep>();
        for (int i = 0; ; i++)
        {
            Random chance = new((seed * 1_000_033) + i);
            EngineStep[] steps = chance.GetItems(all, chance.Next(3, 8));
            yield return new EngineWorkload(steps, chance.Next(1 << 20))
            {
                Direct = chance.Next(2) == 0,
                Filled = chance.Next(3) != 0,
                Background = chance.Next(3) != 0,
            };
        }
    }

    private int Run(IEnumerable<EngineWorkload> workloads, FaultBudget budget) =>
        EngineHunt.RunAll(workloads, EngineDepth, _result, _totals, budget);

    /// <summary>
    /// An engine takes ten times as long to recover as a log: of many units in flight fewer
    /// choices are tried, at more moments.
    /// </summary>
    internal static SearchDepth EngineDepth { get; } = new(5, 2, 6, 4096)
    {
        GoOnEvery = 16,
        InterruptEvery = 400,
    };
}
