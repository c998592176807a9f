using LogEngine.Unit.Storage;

namespace LogEngine.Unit.Log;

/// <summary>A log on each file system that this machine can make and mount; needs root.</summary>
public sealed class FileSystemTests
{
    [SkippableTheory]
    [InlineData("ext4", "-q -F", 64)]
    [InlineData("xfs", "-q -f", 320)]
    [InlineData("btrfs", "-q -f", 128)]
    public async Task A_log_works_on(string fileSystem, string makeOptions, long mebibytes)
    {
        Machine.RequireRoot();
        using TempDirectory scratch = new();
        string image = scratch["disk.img"];
        await using (FileStream file = File.Create(image))
        {
            file.SetLength(mebibytes << 20);
        }

        string[] make = [.. makeOptions.Split(' '), image];
        Tools.Run($"mkfs.{fileSystem}", make);
        string mount = scratch["mount"];
        Directory.CreateDirectory(mount);
        Skip.If(
            Tools.Try("mount", "-o", "loop", image, mount).Code != 0, $"cannot mount {fileSystem} here");
        try
        {
            await CheckAsync(Path.Combine(mount, "log"), fileSystem);
        }
        finally
        {
            Tools.Run("umount", mount);
        }
    }

    [SkippableFact]
    public async Task A_log_works_on_overlay()
    {
        using MountedTmpfs disk = new("size=64m");
        foreach (string name in (string[])["lower", "upper", "work", "merged"])
        {
            Directory.CreateDirectory(disk[name]);
        }

        string options =
            $"lowerdir={disk["lower"]},upperdir={disk["upper"]},workdir={disk["work"]}";
        Skip.If(
            Tools.Try("mount", "-t", "overlay", "overlay", "-o", options, disk["merged"]).Code != 0,
            "cannot mount overlay here");
        try
        {
            await CheckAsync(Path.Combine(disk["merged"], "log"), "overlay");
        }
        finally
        {
            Tools.Run("umount", disk["merged"]);
        }
    }

    [SkippableFact]
    public async Task A_log_works_on_tmpfs()
    {
        using MountedTmpfs disk = new("size=64m");
        await CheckAsync(disk["log"], "tmpfs");
    }

    private static async Task CheckAsync(string directory, string fileSystem)
    {
        List<byte[]> expected = [];
        foreach (IoMode mode in (IoMode[])[IoMode.Auto, IoMode.Buffered])
        {
            WriteAheadLogOptions options = SmallLogs.Options(mode);
            await using WriteAheadLog log = await WriteAheadLog.OpenAsync(directory, options);
            RecoveryReport report = log.Recovery;
            Assert.Equal(fileSystem, report.FileSystem);
            Assert.NotEqual(IoMode.Auto, report.IoMode);
            Assert.Equal(report.IoMode == IoMode.Direct, report.IoReason is null);
            LogContents.AssertSame(expected, LogContents.Read(log));
            expected.AddRange(SmallLogs.Append(log, 60, 3500, seed: expected.Count));
        }

        LogContents.AssertSame(expected, await LogContents.ReadAsync(directory));
    }
}
