using LogEngine.CrashSim.Simulated;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>Hunts that must find a planted mistake, and nothing where none is planted.</summary>
internal static class PlantedHunt
{
    /// <summary>Most seconds for one bug: what is not caught by then has survived.</summary>
    private const double Seconds = 150;

    /// <summary>Fails where the hunts do not find the mistake.</summary>
    internal static void MustCatch(string name, Func<FaultBudget, RowResult> hunt, ITestOutputHelper output)
    {
        FaultBudget budget = FaultBudget.OfAtLeast(Seconds);
        PlantedBugs.Active = Enum.Parse<PlantedBug>(name);
        try
        {
            RowResult result = hunt(budget);
            FaultReport.Planted(name, result.HasFailed, result.States);
            foreach (string failure in result.Failures.Take(2))
            {
                output.WriteLine(failure[..Math.Min(failure.Length, 1500)]);
            }

            Assert.True(
                result.HasFailed,
                $"{name} survived {result.States} states"
                + (budget.IsOver ? $", all there was time for in {Seconds:F0} s." : "."));
        }
        finally
        {
            PlantedBugs.Active = PlantedBug.None;
        }
    }

    /// <summary>Fails where the same hunts find anything in the sound product.</summary>
    internal static void MustFindNothing(
        Func<FaultBudget, RowResult> hunt, ITestOutputHelper output)
    {
        FaultBudget budget = FaultBudget.OfAtLeast(Seconds);
        PlantedBugs.Active = PlantedBug.None;
        RowResult result = hunt(budget);
        Console.WriteLine(
            $"hunts without a planted bug: {result.States} states, "
            + $"{budget.Elapsed.TotalSeconds:F0} s{(budget.IsOver ? ", CUT SHORT" : "")}");
        output.WriteLine(string.Join(Environment.NewLine, result.Failures.Take(3)));
        Assert.Empty(result.Failures);
    }
}
