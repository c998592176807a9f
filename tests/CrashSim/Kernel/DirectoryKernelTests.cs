using LogEngine.CrashSim.Processes;
using LogEngine.CrashSim.Simulated;

namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Rows 41 to 44 on file systems of their own, which number files and directories each in its way;
/// and a file system that is mounted over a directory in use.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class DirectoryKernelTests
{
    [SkippableTheory]
    [InlineData("ext4", DirectoryHarm.LockRemoved)]
    [InlineData("ext4", DirectoryHarm.Moved)]
    [InlineData("ext4", DirectoryHarm.ReplacedByCopy)]
    [InlineData("ext4", DirectoryHarm.Removed)]
    [InlineData("tmpfs", DirectoryHarm.LockRemoved)]
    [InlineData("tmpfs", DirectoryHarm.Moved)]
    [InlineData("tmpfs", DirectoryHarm.RemovedForCopy)]
    [InlineData("tmpfs", DirectoryHarm.RemovedForNew)]
    public Task Row41_to_44_A_directory_taken_away(string fileSystem, DirectoryHarm harm) =>
        KernelRow.RunAsync("K", [DirectoryHunt.RowOf(harm)], async () =>
    {
        using ScratchDirectory scratch = new();
        using LimitedDisk disk = LimitedDisk.Create(scratch, fileSystem);
        await TakenDirectory.JudgeAsync(disk.Mount.Path, harm, IoMode.Auto);
        return 1;
    });

    [SkippableFact]
    public Task Row42_A_file_system_mounted_over_a_directory_in_use() =>
        KernelRow.RunAsync("K", [42], async () =>
    {
        Tools.Require();
        using ScratchDirectory scratch = new();
        Directory.CreateDirectory(scratch.Path);
        string path = Path.Combine(scratch.Path, "store");
        using ChildWriter writer = ChildWriter.Start(
            path, nameof(IoMode.Buffered), "0", "1", "steady");
        await writer.SaysAsync("ack", 20);
        List<string> lines;
        using (Mount over = Mount.Memory(path, "2M"))
        {
            lines = await writer.EndAsync();
            Assert.Empty(Directory.GetFiles(path));
        }

        FailStop.AssertFaulted(lines);
        Journal journal = new();
        journal.Note(0, lines);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(path);
        journal.Check(log);
        return 1;
    });
}
