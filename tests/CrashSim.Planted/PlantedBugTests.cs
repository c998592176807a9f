using LogEngine.CrashSim.Simulated;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>The tests are tested: each mistake that is planted must be found.</summary>
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    public static TheoryData<string> Bugs =>
        [.. Enum.GetValues<PlantedBug>()
            .Where(b => b != PlantedBug.None && b < EnginePlantedBugTests.FirstOfEngine)
            .Select(b => b.ToString())];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Planted_bug_is_caught(string name)
    {
        PlantedBugs.Active = Enum.Parse<PlantedBug>(name);
        try
        {
            RowResult result = Hunts.UntilFailure();
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

    [Fact]
    public void Without_a_planted_bug_the_same_hunts_find_nothing()
    {
        PlantedBugs.Active = PlantedBug.None;
        RowResult result = Hunts.UntilFailure();
        output.WriteLine($"{result.States} states");
        output.WriteLine(string.Join(Environment.NewLine, result.Failures.Take(3)));
        Assert.Empty(result.Failures);
    }
}
