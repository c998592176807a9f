using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Processes;

/// <summary>
/// Rows 41 to 44 with two real processes. Cases C1 to C4: with LOCK removed, 47 of 528 acknowledged
/// records were gone; with the directory moved, all 335 keys of the store that came after it.
/// </summary>
public sealed class DirectoryProcessTests
{
    public static TheoryData<DirectoryHarm, IoMode> Harms
    {
        get
        {
            TheoryData<DirectoryHarm, IoMode> all = [];
            foreach (DirectoryHarm harm in Enum.GetValues<DirectoryHarm>())
            {
                all.Add(harm, (int)harm % 2 == 0 ? IoMode.Buffered : IoMode.Direct);
            }

            return all;
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Harms))]
    public Task Row41_to_44_Two_processes_and_a_directory_taken_away(
        DirectoryHarm harm, IoMode mode) =>
        KernelRow.RunAsync("P", [DirectoryHunt.RowOf(harm)], async () =>
    {
        Machine.Require(mode);
        int rounds = FaultBudget.IsLong ? 20 : 1;
        for (int round = 0; round < rounds; round++)
        {
            using ScratchDirectory scratch = new();
            Directory.CreateDirectory(scratch.Path);
            await TakenDirectory.JudgeAsync(scratch.Path, harm, mode);
        }

        return rounds;
    });
}
