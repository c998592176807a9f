using LogEngine.CrashSim.Simulated;
using LogEngine.Stress.Simulated;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>The storms of tests/Stress see a planted race.</summary>
public sealed class StormBugTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(nameof(PlantedBug.WaiterPooledTooEarly))]
    [InlineData(nameof(PlantedBug.LostWakeUp))]
    [InlineData(nameof(PlantedBug.DropBeforeCondition))]
    public void A_storm_bites(string name) => PlantedHunt.MustCatch(name, Hunt, output);

    [Fact]
    public void Without_a_planted_bug_the_same_storms_find_nothing()
    {
        PlantedBugs.Active = PlantedBug.None;
        for (int seed = 1; seed <= 30; seed++)
        {
            Assert.Empty(EngineStorm.Run(seed));
        }
    }

    /// <summary>Until something is found, as many seeds as there is time for.</summary>
    private static RowResult Hunt(FaultBudget budget)
    {
        RowResult result = new();
        for (int seed = 1; !budget.IsOver && !result.HasFailed; seed++)
        {
            result.Add(1, 1);
            foreach (string problem in EngineStorm.Run(seed))
            {
                result.Fail(problem);
            }
        }

        return result;
    }
}
