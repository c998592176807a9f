using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.EngineFaults;

/// <summary>Rows about files of an engine that are missing or are not what was written.</summary>
public sealed class EngineDamageRowTests
{
    [Fact]
    public void Row34_Missing_snapshots_are_made_up_for_or_refused() =>
        Report(34, EngineDamage.MissingSnapshots);

    [Fact]
    public void Row35_A_snapshot_newer_than_the_log_or_a_gap_behind_it_is_refused() =>
        Report(35, EngineDamage.SnapshotsWithoutTheirLog);

    [Fact]
    public void Row36_Missing_segments_are_refused() => Report(36, EngineDamage.MissingSegments);

    [Fact]
    public void Row15_Damage_to_each_file_in_turn_is_refused_or_harmless() =>
        Report(15, result => EngineDamage.DamagedFiles(result, FaultBudget.IsLong ? 3000 : 60));

    private static void Report(int row, Action<RowResult> run)
    {
        RowResult result = new();
        run(result);
        result.MustHold(row);
    }
}
