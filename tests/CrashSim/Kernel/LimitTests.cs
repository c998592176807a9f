using System.Globalization;
using LogEngine.CrashSim.Processes;

namespace LogEngine.CrashSim.Kernel;

/// <summary>
/// Rows 21, 23, 24, 32, 33 on real kernels: something is taken away from a writer that is running, and
/// where that can be, given back.
/// </summary>
[Collection(KernelTests.Name)]
public sealed class LimitTests
{
    private const int ReadOnlyFileSystem = 30;

    [SkippableTheory]
    [InlineData("tmpfs", IoMode.Buffered)]
    [InlineData("ext4", IoMode.Buffered)]
    [InlineData("ext4", IoMode.Direct)]
    public Task Row23_A_full_disk_refuses_appends_until_there_is_room(
        string fileSystem, IoMode mode) => KernelRow.RunAsync("K", [18, 23], async () =>
    {
        using ScratchDirectory scratch = new();
        using LimitedDisk disk = LimitedDisk.Create(scratch, fileSystem);
        disk.FillUp(leaveBytes: 1 << 20);
        string directory = disk.Mount["log"];

        using ChildWriter child = StartSteady(directory, mode);
        await child.SaysAsync("refused");
        int before = child.CountOf("ack");
        Assert.True(before > 10, $"full after {before} appends");
        await CheckReadableAsync(directory, before);

        disk.MakeRoom();
        await child.SaysAsync("ack", before + 20);
        List<string> lines = await child.StopAsync();
        FailStop.AssertRefused(lines, nameof(StorageFullException));
        Assert.Equal("closed", lines[^1]);
        await CheckAsync(directory, mode, lines);
        return 1;
    });

    /// <summary>
    /// The signal that comes with the limit must be ignored, as a shell's trap does; otherwise it
    /// ends the process, which comes to no more than a kill.
    /// </summary>
    [SkippableTheory]
    [InlineData(IoMode.Buffered, true)]
    [InlineData(IoMode.Direct, true)]
    [InlineData(IoMode.Buffered, false)]
    [InlineData(IoMode.Direct, false)]
    public Task Row24_A_file_size_limit_is_a_full_disk_or_a_kill(IoMode mode, bool ignoreSignal) =>
        KernelRow.RunAsync("K", [21, 24], async () =>
    {
        Tools.Require("prlimit", "bash");
        Machine.Require(mode);
        using ScratchDirectory scratch = new();

        string trap = ignoreSignal ? "trap '' XFSZ; " : string.Empty;
        using ChildWriter child = ChildWriter.StartUnder(
            "bash",
            ["-c", $"{trap}exec \"$@\"", "limited"],
            scratch.Path, mode.ToString(), "0", "1", "steady");
        await child.SaysAsync("ack", 5);

        // Segments are 64 KiB: the next one, or the rest of this one, goes beyond. A write across
        // the limit is made in part.
        Limit(child, "fsize", 50_000);
        await Task.WhenAny(child.SaysAsync("refused", 3), child.SaysAsync("faulted", 3));
        List<string> lines = await child.StopAsync();
        FailStop.AssertTyped(lines);
        if (ignoreSignal)
        {
            Assert.StartsWith("closed", lines[^1], StringComparison.Ordinal);
            Assert.DoesNotMatch("^ack", lines[^2]);
        }

        await CheckAsync(scratch.Path, mode, lines);
        return 1;
    });

    [SkippableTheory]
    [InlineData(IoMode.Buffered)]
    [InlineData(IoMode.Direct)]
    public Task Row32_Without_descriptors_appends_are_refused_until_there_are_some(IoMode mode) =>
        KernelRow.RunAsync("P", [32], async () =>
    {
        Tools.Require("prlimit");
        Machine.Require(mode);
        for (int attempt = 1; ; attempt++)
        {
            using ScratchDirectory scratch = new();
            List<string> lines = await StarveAsync(scratch.Path, mode);
            await CheckAsync(scratch.Path, mode, lines);
            if (lines[^1] == "closed")
            {
                FailStop.AssertRefused(lines, nameof(StorageIOException));
                return attempt;
            }

            // The runtime itself may need a descriptor and end the process; to the log, a kill.
            Assert.True(attempt < 6, $"it ended with '{lines[^1]}', again and again");
        }
    });

    /// <summary>Takes the descriptors away until appends are refused, and gives them back.</summary>
    private static async Task<List<string>> StarveAsync(string directory, IoMode mode)
    {
        using ChildWriter child = StartSteady(directory, mode);
        await child.SaysAsync("ack", 5);
        Limit(child, "nofile", 3);
        await Task.WhenAny(child.SaysAsync("refused", 3), child.SaysAsync("faulted", 3));
        int before = child.CountOf("ack");
        if (TryLimit(child, "nofile", 1024))
        {
            await child.SaysAsync("ack", before + 50);
        }

        return await child.StopAsync();
    }

    [SkippableTheory]
    [InlineData(IoMode.Buffered)]
    [InlineData(IoMode.Direct)]
    public Task Row33_A_file_system_that_turns_read_only_faults_the_log(IoMode mode) =>
        KernelRow.RunAsync("K", [18, 33], async () =>
    {
        Tools.Require("mkfs.ext4", "losetup", "e2fsck");
        using ScratchDirectory scratch = new();
        string file = scratch.Sibling("disk.img");
        DiskImage.Format(file, "ext4");
        using LoopDevice device = LoopDevice.Attach(file);
        string trigger =
            $"/sys/fs/ext4/{Path.GetFileName(device.Path)}/trigger_fs_error";
        List<string> lines;
        string place = scratch.Sibling("mount");
        using (Mount mount = Mount.At(place, "-o", "errors=remount-ro", device.Path))
        {
            Skip.IfNot(File.Exists(trigger), $"{trigger} is not there");
            using ChildWriter child = StartSteady(mount["log"], mode);
            await child.SaysAsync("ack", 50);

            // A log holds its files open for writing, so the polite way is refused.
            Assert.NotEqual(0, Tools.Try("mount", "-o", "remount,ro", mount.Path).Code);
            int before = child.CountOf("ack");
            await child.SaysAsync("ack", before + 20);

            await File.WriteAllTextAsync(trigger, "the test asks for it");
            lines = await child.EndAsync();
            FailStop.AssertFaulted(lines);
            await CheckReadableAsync(mount["log"], before);
            StorageIOException error = await Assert.ThrowsAsync<StorageIOException>(
                async () => await SmallLogs.OpenAsync(mount["log"], mode));
            Assert.Equal(ReadOnlyFileSystem, error.ErrorNumber);
        }

        Tools.Try("e2fsck", "-p", device.Path);
        using Mount after = Mount.At(place, device.Path);
        await CheckAsync(after["log"], mode, lines);
        return 1;
    });

    private static ChildWriter StartSteady(string directory, IoMode mode) =>
        ChildWriter.Start(directory, mode.ToString(), "0", "1", "steady");

    private static void Limit(ChildWriter child, string resource, int limit) =>
        Assert.True(TryLimit(child, resource, limit), "the writer is gone");

    private static bool TryLimit(ChildWriter child, string resource, int limit) => Tools.Try(
        "prlimit",
        "--pid",
        child.Id.ToString(CultureInfo.InvariantCulture),
        $"--{resource}={limit.ToString(CultureInfo.InvariantCulture)}:").Code == 0;

    /// <summary>A reader beside the writer sees what it acknowledged.</summary>
    private static async Task CheckReadableAsync(string directory, int atLeast)
    {
        List<byte[]> records = await LogContents.ReadAsync(directory);
        Assert.InRange(records.Count, 1, int.MaxValue);
        Assert.InRange(records.Count, atLeast - 200, int.MaxValue);
    }

    private static async Task CheckAsync(string directory, IoMode mode, List<string> lines)
    {
        Journal journal = new();
        journal.Note(0, lines);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(directory, mode);
        journal.Check(log);
    }
}
