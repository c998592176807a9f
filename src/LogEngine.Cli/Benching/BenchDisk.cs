using System.Globalization;

namespace LogEngine.Cli.Benching;

/// <summary>What is known of the disk under a directory, and what durability it can promise.</summary>
/// <param name="FileSystem">The file system's name.</param>
/// <param name="WriteCache">
/// What the system says of the drive's cache, <c>write back</c> or <c>write through</c>; null where unknown.
/// </param>
/// <param name="FreeBytes">Bytes that are free.</param>
internal sealed record BenchDisk(string FileSystem, string? WriteCache, long FreeBytes)
{
    /// <summary>Faster than any drive that there is writes and answers.</summary>
    private static readonly TimeSpan Unlikely = TimeSpan.FromMicroseconds(8);

    private static readonly string[] _memory = ["tmpfs", "ramfs"];

    private static readonly string[] _elsewhere =
        ["nfs", "nfs4", "cifs", "smb2", "smb3", "9p", "fuse", "ceph", "virtiofs", "vboxsf"];

    internal static BenchDisk Of(string directory, string fileSystem) => new(
        fileSystem, CacheOf(directory), new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace);

    /// <summary>What an append acknowledged as power-loss survives here: a word, and the reason.</summary>
    internal (string Word, string Reason) Promise(TimeSpan sync) =>
        _memory.Contains(FileSystem)
            ? ("nothing", $"{FileSystem} is memory: all is gone with the machine's power or a restart")
        : _elsewhere.Contains(FileSystem)
            ? ("unknown", $"{FileSystem} leaves it to a server or another system what a sync means")
        : sync < Unlikely
            ? ("doubtful", string.Create(
                CultureInfo.InvariantCulture,
                $"a sync takes {sync.TotalMicroseconds:0.#} µs, which no drive does: something in between "
                + $"answers before the data is safe"))
        : ("power-loss", "what is acknowledged has been written and synced, as long as the drive does what a "
            + "flush tells it");

    /// <summary>Of the device itself, or of the one that it is a part of.</summary>
    private static string? CacheOf(string directory)
    {
        if (!OperatingSystem.IsLinux() || FileNumber.Of(directory) is not { } file)
        {
            return null;
        }

        string device = $"/sys/dev/block/{file.DeviceMajor}:{file.DeviceMinor}";
        foreach (string path in (string[])[$"{device}/queue/write_cache", $"{device}/../queue/write_cache"])
        {
            try
            {
                return File.ReadAllText(path).Trim();
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Not there, or not for us: the next place, or unknown.
            }
        }

        return null;
    }
}
