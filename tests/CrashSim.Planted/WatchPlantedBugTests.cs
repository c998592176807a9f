using LogEngine.CrashSim.EngineFaults;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>The crash test of watches is tested: each mistake that is planted must be found.</summary>
public sealed class WatchPlantedBugTests(ITestOutputHelper output)
{
    private const PlantedBug FirstOfWatches = PlantedBug.WatchTellsBeforeDurable;

    public static TheoryData<string> Bugs =>
        [.. Enum.GetValues<PlantedBug>()
            .Where(b => b is >= FirstOfWatches and <= PlantedBug.LargeValueGoneTooEarly)
            .Select(b => b.ToString())];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Planted_bug_of_a_watch_is_caught(string name) =>
        PlantedHunt.MustCatch(name, WatchHunt.UntilFailure, output);

    [Fact]
    public void Without_a_planted_bug_the_same_hunt_of_a_watch_finds_nothing() =>
        PlantedHunt.MustFindNothing(WatchHunt.UntilFailure, output);
}
