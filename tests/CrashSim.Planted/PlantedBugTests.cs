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
    public void Planted_bug_is_caught(string name) =>
        PlantedHunt.MustCatch(name, Hunts.UntilFailure, output);

    [Fact]
    public void Every_mistake_is_planted() => PlantedPatches.MustBeThoseOf<PlantedBug>();

    [Fact]
    public void Without_a_planted_bug_the_same_hunts_find_nothing() =>
        PlantedHunt.MustFindNothing(Hunts.UntilFailure, output);
}
