namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Runs once for all tests that look at it: the deep sequences, every one of one and two steps, of three
/// in long runs, then random ones until the time is over.
/// </summary>
public sealed class CrashSweep
{
    /// <summary>Seconds of an ordinary run; what is left of them goes to random workloads.</summary>
    private const double Seconds = 45;

    /// <summary>Seconds after which an ordinary run on a slow machine ends unfinished.</summary>
    private const double MostSeconds = 100;

    private readonly RowResult _result = new();
    private readonly LogTotals _totals = new();

    public CrashSweep()
    {
        FaultBudget whole =
            new(FaultBudget.IsLong ? TimeSpan.FromDays(1) : TimeSpan.FromSeconds(MostSeconds));

        // First, so that a slow machine has them too: between them they reach every row.
        int sequences = CrashHunt.RunAll(
            CrashHunt.Workloads(CrashHunt.Deep, 200_000), SearchDepth.Full, _result, _totals, whole);
        sequences += CrashHunt.RunAll(
            CrashHunt.Workloads(CrashHunt.Overlapping, 500), SearchDepth.Quick, _result, _totals, whole);
        sequences += CrashHunt.RunAll(
            CrashHunt.Workloads(CrashHunt.Growing, 600), SearchDepth.Torn, _result, _totals, whole);
        for (int length = 1; length <= (FaultBudget.IsLong ? 3 : 2); length++)
        {
            sequences += CrashHunt.RunAll(
                CrashHunt.Workloads(Workload.Sequences(length), (length * 100_000) + CrashHunt.Deep.Count)
                    .Select(w => length == 1 ? w with { FromCreation = true } : w),
                SearchDepth.Full,
                _result,
                _totals,
                whole);
        }

        bool cutShort = whole.IsOver;
        FaultBudget budget = FaultBudget.OfAtLeast(Seconds - whole.Elapsed.TotalSeconds);
        int random = CrashHunt.RunAll(
            RandomWorkloads(FaultBudget.Seed), SearchDepth.Full, _result, _totals, budget);
        Console.WriteLine(
            $"crash sweep{(cutShort ? ", cut short" : "")}: {sequences} exhaustive and {random} "
            + $"random workloads, {Result.States} states, {Result.Distinct} distinct, {whole.Elapsed.TotalSeconds:F0} s, "
            + $"{Result.Distinct / whole.Elapsed.TotalSeconds:F0}/s, {Totals.InterruptedTwice} at "
            + $"depth 3, seed {FaultBudget.Seed}");
    }

    internal RowResult Result => _result;

    internal LogTotals Totals => _totals;

    private static IEnumerable<Workload> RandomWorkloads(int seed)
    {
        LogStep[] all = Enum.GetValues<LogStep>();
        for (int i = 0; ; i++)
        {
            Random chance = new((seed * 1_000_003) + i);
            LogStep[] steps = chance.GetItems(all, chance.Next(3, 10));
            yield return new Workload(steps, chance.Next())
            {
                Direct = chance.Next(2) == 0,
                Spares = chance.Next(4),
            };
        }
    }
}
