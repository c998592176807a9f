namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Rows that are about what a power loss keeps of an engine: one sweep over all of them.
/// </summary>
public sealed class EngineCrashRowTests(EngineSweep sweep) : IClassFixture<EngineSweep>
{
    [Fact]
    public void No_crash_state_of_the_sweep_violates_the_oracle() =>
        Assert.True(
            !sweep.Result.HasFailed,
            string.Join(Environment.NewLine, sweep.Result.Failures.Take(3)));
}
