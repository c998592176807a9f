using LogEngine.CrashSim.Simulated;
using Xunit.Abstractions;

namespace LogEngine.CrashSim.Planted;

/// <summary>A writer that does not look whether its directory is still its own must be found.</summary>
public sealed class DirectoryPlantedBugTests(ITestOutputHelper output)
{
    [Fact]
    public void A_lock_file_taken_away_and_not_looked_after_is_caught() => PlantedHunt.MustCatch(
        nameof(PlantedBug.LockFileTakenAway), UntilFailure, output);

    [Fact]
    public void Without_the_planted_bug_the_same_hunt_finds_nothing() =>
        PlantedHunt.MustFindNothing(UntilFailure, output);

    private static RowResult UntilFailure(FaultBudget budget)
    {
        RowResult result = new();
        DirectoryHunt.Run(
            DirectoryHarm.LockRemoved, isEngine: false, seed: 1, stride: 5, result);
        return result;
    }
}
