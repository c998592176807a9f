using LogEngine.CrashSim.Processes;
using LogEngine.CrashWriter;

namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Rows 18, 19: the store under a file system fills up, so that its writes fail behind the back of
/// whoever wrote: a sync reports it once, the next one succeeds, and the cache still shows the lost
/// bytes.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class SyncTrapTests
{
    private const int MemoryMebibytes = 40;
    private const int LeftMebibytes = 12;

    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public Task Row18_and_19_A_failed_sync_faults_and_what_was_acknowledged_is_there(IoMode mode) =>
        KernelRow.RunAsync("K", [18, 19], async () =>
    {
        using ScratchDirectory scratch = new();
        Tools.Require("mkfs.ext4", "losetup", "xfs_io");
        using Mount memory = Mount.Memory(scratch.Sibling("memory"), $"{MemoryMebibytes}M");
        using (FileStream disk = File.Create(memory["disk.img"]))
        {
            disk.SetLength(64 << 20);
        }

        using LoopDevice device = LoopDevice.Attach(memory["disk.img"]);
        await WriteByPageAsync(device);
        Tools.Run("mkfs.ext4", "-q", "-b", "4096", "-J", "size=4", device.Path);
        string place = scratch.Sibling("mount");
        using Mount mount = Mount.At(place, device.Path);
        FillUp(memory);

        Journal journal = new();
        using ChildWriter child = ChildWriter.Start(
            mount["log"], mode.ToString(), "1", "1", "steady");
        List<string> lines = await child.EndAsync();
        FailStop.AssertFaulted(lines);
        Assert.True(lines.Count(l => l.StartsWith("ack", StringComparison.Ordinal)) > 10);
        journal.Note(1, lines);

        // Room again. On the same mount the cache may still show what no disk has.
        File.Delete(memory["filler"]);
        await ReopenAsync(mount["log"], mode, journal, 2);
        mount.CutPower();
        mount.Unmount();
        using Mount after = Mount.At(place, device.Path);
        await ReopenAsync(after["log"], mode, journal, 3);
        return 2;
    });

    /// <summary>
    /// The loop driver takes a write that its store made only in part for a whole one (seen on Linux
    /// 6.18): a disk that lies, on which no log can keep a promise. A page is written or not.
    /// </summary>
    private static Task WriteByPageAsync(LoopDevice device) => File.WriteAllTextAsync(
        $"/sys/block/{Path.GetFileName(device.Path)}/queue/max_sectors_kb", "4");

    private static void FillUp(Mount memory)
    {
        long free = new DriveInfo(memory.Path).AvailableFreeSpace;
        using FileStream filler = File.Create(memory["filler"]);
        byte[] mebibyte = new byte[1 << 20];
        for (long i = LeftMebibytes; i < free >> 20; i++)
        {
            filler.Write(mebibyte);
        }
    }

    private static async Task ReopenAsync(string directory, IoMode mode, Journal journal, int run)
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(directory, mode);
        journal.Check(log);
        long sequence = await log.AppendAsync(new Stamp(run, 0, 0, 0, 1).Encode(600)).Soon();
        journal.Note(run, [$"ack {sequence} 1 0 0 {(int)Durability.PowerLoss}"]);
        journal.Check(log);
    }
}
