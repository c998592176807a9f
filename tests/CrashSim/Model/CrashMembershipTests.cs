using LogEngine.CrashSim.Kernel;
using LogEngine.CrashSim.Simulated;
using LogEngine.Storage;
using LogEngine.Testing.Disk;

namespace LogEngine.CrashSim.Model;

/// <summary>
/// Rows 5, 8, 10: what a real power cut leaves of a small program must be among the disks that the
/// simulator allows; otherwise its millions of states miss one that happens.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class CrashMembershipTests
{
    private const int ProgramsPerCut = 12;
    private const int MaxChanges = 9;

    private static int Cuts => FaultBudget.IsLong ? 120 : 12;

    [SkippableTheory]
    [InlineData("ext4")]
    [InlineData("xfs")]
    public Task Row05_08_and_10_A_real_power_cut_leaves_what_the_simulator_allows(
        string fileSystem) => KernelRow.RunAsync("K", [5, 8, 10], () =>
    {
        Tools.Require($"mkfs.{fileSystem}", "xfs_io");
        using ScratchDirectory scratch = new();
        using DiskImage image = DiskImage.Create(scratch.Sibling("disk.img"), fileSystem);
        int lost = 0;
        for (int cut = 0; cut < Cuts; cut++)
        {
            List<AllowedImages> allowed = [];
            for (int i = 0; i < ProgramsPerCut; i++)
            {
                allowed.Add(RunBoth(image.Mount[Name(cut, i)], Seed(cut, i)));
            }

            image.CutPowerAndRestart(flushJournal: cut % 3 == 2);
            for (int i = 0; i < ProgramsPerCut; i++)
            {
                string place = image.Mount[Name(cut, i)];
                Assert.True(
                    allowed[i].Contain(place),
                    $"{fileSystem}, program {Seed(cut, i)}: {Describe(place)} is none of the "
                    + $"{allowed[i].Count} disks that the simulator allows after\n"
                    + allowed[i].Calls);
                lost += allowed[i].IsWhole(place) ? 0 : 1;
                Directory.Delete(place, recursive: true);
            }
        }

        Console.WriteLine(
            $"power cuts of {fileSystem} against the model: {Cuts * ProgramsPerCut} programs, "
            + $"{lost} of them lost something, seed {FaultBudget.Seed}");
        Assert.True(lost > 0, "nothing was ever lost: the power was not cut");
        return Task.FromResult(Cuts * ProgramsPerCut);
    });

    private static AllowedImages RunBoth(string place, int seed)
    {
        SimulatedFileSystem simulated = new();
        simulated.Trace.KeepText();
        int changes = 0;
        new ChangeProgram(simulated, AllowedImages.Root, seed).Run(
            MaxChanges,
            () => AllowedImages.UnitsOf(simulated) <= AllowedImages.MaxUnits - 4 && ++changes > 0);
        new ChangeProgram(RealFileSystem.Instance, place, seed).Run(changes, () => true);
        return new AllowedImages(simulated);
    }

    private static string Name(int cut, int program) => $"{cut}-{program}";

    private static int Seed(int cut, int program) =>
        (FaultBudget.Seed * 100_003) + (cut * ProgramsPerCut) + program;

    private static string Describe(string directory) => string.Join(
        ", ",
        Directory.GetFiles(directory).Order(StringComparer.Ordinal).Select(path =>
        {
            byte[] bytes = File.ReadAllBytes(path);
            IEnumerable<string> runs = bytes.Select((b, i) => (b, i))
                .Where(x => x.i == 0 || bytes[x.i - 1] != x.b)
                .Select(x => $"{x.i}:{x.b}");
            return $"{Path.GetFileName(path)} ({bytes.Length}: {string.Join(' ', runs)})";
        }));
}
