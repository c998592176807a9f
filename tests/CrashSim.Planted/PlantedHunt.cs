using LogEngine.CrashSim.Simulated;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>Hunts that must find a planted mistake, and nothing where none is planted.</summary>
internal static class PlantedHunt
{
    /// <summary>Fails where the hunts do not find the mistake.</summary>
    internal static void MustCatch(string name, Func<RowResult> hunt, ITestOutputHelper output)
    {
        PlantedBugs.Active = Enum.Parse<PlantedBug>(name);
        try
        {
            RowResult result = hunt();
            FaultReport.Planted(name, result.HasFailed, result.States);
            foreach (string failure in result.Failures.Take(2))
            {
                output.WriteLine(failure[..Math.Min(failure.Length, 1500)]);
            }

            Assert.True(result.HasFailed, $"{name} survived {result.States} states.");
        }
        finally
        {
            PlantedBugs.Active = PlantedBug.None;
        }
    }

    /// <summary>Fails where the same hunts find anything in the sound product.</summary>
    internal static void MustFindNothing(Func<RowResult> hunt, ITestOutputHelper output)
    {
        PlantedBugs.Active = PlantedBug.None;
        RowResult result = hunt();
        output.WriteLine($"{result.States} states");
        output.WriteLine(string.Join(Environment.NewLine, result.Failures.Take(3)));
        Assert.Empty(result.Failures);
    }
}
