using FsCheck;
using FsCheck.Fluent;
using LogEngine.Properties.EngineModels;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>The model-based properties of tests/Property see a planted bug.</summary>
public sealed class EngineModelBugTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(nameof(PlantedBug.RelocatedAsNewVersion))]
    [InlineData(nameof(PlantedBug.ChunksStayMarked))]
    [InlineData(nameof(PlantedBug.FreedUnderAView))]
    public void The_model_run_bites(string name)
    {
        PlantedBugs.Active = Enum.Parse<PlantedBug>(name);
        try
        {
            Exception found = Assert.ThrowsAny<Exception>(() => Run(600));
            output.WriteLine(found.Message[..Math.Min(found.Message.Length, 3000)]);
            Assert.Contains("Falsifiable", found.Message, StringComparison.Ordinal);
        }
        finally
        {
            PlantedBugs.Active = PlantedBug.None;
        }
    }

    [Fact]
    public void Without_a_planted_bug_the_same_run_finds_nothing()
    {
        PlantedBugs.Active = PlantedBug.None;
        Run(200);
    }

    private static void Run(int times) => Prop.ForAll(EnginePlan.Plan, plan =>
    {
        using SimulatedHost host = new();
        EngineModelRun.Check(plan, host);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(times).WithReplay(7, 15));
}
