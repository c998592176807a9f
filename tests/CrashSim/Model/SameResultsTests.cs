using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Simulated;
using LogEngine.Storage;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Model;

/// <summary>
/// The simulated disk stands for real ones in millions of states: the same random programs must come
/// to the same results and error numbers on it and on tmpfs, ext4 and XFS.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class SameResultsTests
{
    private const int Steps = 120;

    private static int Programs => FaultBudget.IsLong ? 2000 : 200;

    [SkippableTheory]
    [InlineData("tmpfs")]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public void A_random_program_gives_the_same_results_as_on(string fileSystem)
    {
        Tools.Require("mkfs.ext4", "mkfs.xfs", "xfs_io");
        using ScratchDirectory scratch = new();
        using DiskImage? image = fileSystem == "tmpfs"
            ? null
            : DiskImage.Create(scratch.Sibling("disk.img"), fileSystem);
        using Mount? memory =
            image is null ? Mount.Memory(scratch.Sibling("memory"), "64M") : null;
        Mount disk = image?.Mount ?? memory!;
        int calls = 0;
        for (int i = 0; i < Programs; i++)
        {
            int seed = (FaultBudget.Seed * 10_007) + i;
            bool direct = image is not null;
            string place = disk[$"program-{i}"];
            List<string> real = FileProgram.Run(
                RealFileSystem.Instance, place, seed, Steps, direct);
            List<string> simulated = FileProgram.Run(
                new SimulatedFileSystem(), "/program", seed, Steps, direct);
            AssertSame(real, simulated, $"program {seed} on {fileSystem}");
            Directory.Delete(place, recursive: true);
            calls += real.Count;
        }

        Console.WriteLine(
            $"model against {fileSystem}: {Programs} programs, {calls} calls, seed "
            + $"{FaultBudget.Seed}");
    }

    private static void AssertSame(List<string> real, List<string> simulated, string where)
    {
        for (int i = 0; i < real.Count; i++)
        {
            if (real[i] != simulated[i])
            {
                Assert.Fail(
                    $"{where}: the kernel '{real[i]}', the simulator '{simulated[i]}', after:\n"
                    + string.Join('\n', real.Take(i).TakeLast(12)));
            }
        }
    }
}
