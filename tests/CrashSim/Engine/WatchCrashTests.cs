using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Keyspaces are watched while they are written, compacted and freed, and the machine dies at any moment. Who
/// goes on from the position that he has kept misses nothing, is told nothing twice, and has never been told
/// what the recovered engine does not have; or changes are lost that nothing kept, and he is told that.
/// </summary>
public sealed class WatchCrashTests
{
    /// <summary>Seconds in an ordinary run.</summary>
    private const double Seconds = 30;

    [Fact]
    public void Who_goes_on_after_a_crash_has_what_the_engine_has()
    {
        FaultBudget budget = FaultBudget.OfAtLeast(Seconds);
        RowResult result = WatchHunt.UntilFailure(budget, out int wentOn, out int lost);
        Console.WriteLine(
            $"watches: {result.States} states, {wentOn} went on, {lost} lost changes, "
            + $"{budget.Elapsed.TotalSeconds:F0} s{(budget.IsOver ? ", CUT SHORT" : "")}");
        result.MustHold();
        Assert.True(wentOn > 200, $"only {wentOn} watches went on");
        Assert.True(lost > 0, "changes were never lost");
    }
}
