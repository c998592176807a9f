namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Rows that are about what a power loss keeps: one sweep over all of them, told apart by what each
/// image keeps and drops.
/// </summary>
public sealed class CrashRowTests(CrashSweep sweep) : IClassFixture<CrashSweep>
{
    [Fact]
    public void Row01_Torn_writes() => Check(1);

    [Fact]
    public void Row02_Any_subset_of_unsynced_sectors() => Check(2);

    [Fact]
    public void Row03_Size_persisted_before_data() => Check(3);

    [Fact]
    public void Row05_Data_persisted_before_size() => Check(5);

    [Fact]
    public void Row06_Stale_groups_in_recycled_segments() =>
        Check(6, sweep.Totals.RecycledStates, sweep.Totals.RecycledDistinct);

    [Fact]
    public void Row07_Lost_create() => Check(7);

    [Fact]
    public void Row08_Lost_rename() => Check(8);

    [Fact]
    public void Row09_Rename_persisted_before_its_sync() => Check(9);

    [Fact]
    public void Row10_Lost_unlink() => Check(10);

    [Fact]
    public void Row11_Unlink_persisted_before_what_came_earlier() => Check(11);

    [Fact]
    public void Row12_Lost_truncation_of_a_file() => Check(12);

    [Fact]
    public void Row27_Recovery_crashed_at_each_of_its_operations() =>
        Check(27, sweep.Totals.Interrupted, sweep.Totals.Interrupted);

    [Fact]
    public void Row28_Kill_then_recover_then_power_cut() =>
        Check(28, sweep.Totals.KilledStates, sweep.Totals.KilledDistinct);

    [Fact]
    public void No_crash_state_of_the_sweep_violates_the_oracle() =>
        sweep.Result.MustHold();

    private void Check(int row) =>
        Check(row, sweep.Totals.States[row], sweep.Totals.Distinct[row]);

    private void Check(int row, long states, long distinct) =>
        sweep.Result.MustHold(row, states, distinct);
}
