namespace LogEngine.CrashSim.EngineFaults;

/// <summary>
/// Rows that are about what a power loss keeps of an engine: one sweep over all of them, told apart
/// by what each image keeps and drops.
/// </summary>
public sealed class EngineCrashRowTests(EngineSweep sweep) : IClassFixture<EngineSweep>
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    public void Rows_of_what_persists(int row) =>
        Check(row, sweep.Totals.States[row], sweep.Totals.Distinct[row]);

    [Fact]
    public void Row27_Recovery_and_what_follows_crashed_at_each_of_its_operations() =>
        Check(27, sweep.Totals.Interrupted, sweep.Totals.Interrupted);

    [Fact]
    public void Row28_Kill_then_recover_then_power_cut() =>
        Check(28, sweep.Totals.KilledStates, sweep.Totals.KilledStates);

    [Fact]
    public void The_sweep_has_seen_snapshots_relocations_and_freed_segments()
    {
        Assert.True(sweep.Totals.Snapshots > 0, "no snapshot was written");
        Assert.True(sweep.Totals.SegmentsFreed > 0, "no segment was freed");
        Assert.True(sweep.Totals.RelocatedBytes > 0, "nothing was relocated");
    }

    private void Check(int row, long states, long distinct) =>
        sweep.Result.MustHold(row, states, distinct);
}
