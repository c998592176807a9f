namespace LogEngine.CrashSim.Simulated;

/// <summary>
/// Rows 41 to 44. Cases C1 to C4: LOCK removed, the directory moved, replaced or removed under a
/// writer. It went on writing: into another store's files, or into files without names.
/// </summary>
public sealed class DirectoryRowTests
{
    public static TheoryData<DirectoryHarm, bool> Harms
    {
        get
        {
            TheoryData<DirectoryHarm, bool> all = [];
            foreach (DirectoryHarm harm in Enum.GetValues<DirectoryHarm>())
            {
                all.Add(harm, false);
                all.Add(harm, true);
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Harms))]
    public void Row41_to_44_A_directory_taken_away_at_any_change_harms_no_other_writer(
        DirectoryHarm harm, bool isEngine)
    {
        RowResult result = new();
        int seeds = FaultBudget.IsLong ? 20 : 1;
        for (int seed = 1; seed <= seeds; seed++)
        {
            int stride = FaultBudget.IsLong || !isEngine ? 1 : 3;
            DirectoryHunt.Run(harm, isEngine, seed, stride, result);
        }

        result.MustHold(DirectoryHunt.RowOf(harm));
    }
}
