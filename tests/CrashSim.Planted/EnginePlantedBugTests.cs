using LogEngine.CrashSim.EngineFaults;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>The tests of the engine are tested: each mistake that is planted must be found.</summary>
public sealed class EnginePlantedBugTests(ITestOutputHelper output)
{
    internal const PlantedBug FirstOfEngine = PlantedBug.SnapshotBeforeLogSynced;

    /// <summary>From here on other suites look for them: storms, directories, queues.</summary>
    private const PlantedBug FirstOfStorms = PlantedBug.WaiterPooledTooEarly;

    public static TheoryData<string> Bugs =>
        [.. Enum.GetValues<PlantedBug>()
            .Where(b => b is >= FirstOfEngine and < FirstOfStorms)
            .Select(b => b.ToString())];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void Planted_bug_of_an_engine_is_caught(string name) =>
        PlantedHunt.MustCatch(name, EngineHunts.UntilFailure, output);

    [Fact]
    public void Without_a_planted_bug_the_same_hunts_of_an_engine_find_nothing() =>
        PlantedHunt.MustFindNothing(EngineHunts.UntilFailure, output);
}
