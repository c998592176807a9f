namespace LogEngine.CrashSim.Kernel;

/// <summary>A file with a journaling file system in it, mounted through a loop device.</summary>
internal sealed class DiskImage : IDisposable
{
    private readonly string _file;
    private readonly string _mountPoint;

    private DiskImage(string file)
    {
        _file = file;
        _mountPoint = file + ".mount";
        Mount = Remount();
    }

    /// <summary>The file system, as it is mounted now.</summary>
    internal Mount Mount { get; private set; }

    /// <summary>Makes one of the smallest useful size.</summary>
    /// <param name="file">Where; its parent exists.</param>
    /// <param name="fileSystem">ext4 or xfs.</param>
    internal static DiskImage Create(string file, string fileSystem)
    {
        Tools.Require($"mkfs.{fileSystem}", "xfs_io");
        Format(file, fileSystem);
        return new DiskImage(file);
    }

    /// <summary>Makes the file and the file system in it.</summary>
    /// <param name="file">Where.</param>
    /// <param name="fileSystem">ext4 or xfs.</param>
    /// <param name="moreBytes">Bytes of the file behind the file system.</param>
    /// <returns>Bytes of the file system.</returns>
    internal static long Format(string file, string fileSystem, long moreBytes = 0)
    {
        (long bytes, string[] options) = fileSystem switch
        {
            "ext4" => (64L << 20, (string[])["-q", "-F", "-b", "4096", "-J", "size=4", file]),
            "xfs" => (320L << 20, ["-q", "-f", file]),
            _ => throw new ArgumentOutOfRangeException(nameof(fileSystem)),
        };
        SetLength(file, bytes);
        Tools.Run($"mkfs.{fileSystem}", options);
        SetLength(file, bytes + moreBytes);
        return bytes;
    }

    /// <summary>Cuts the power and brings the machine back: the journal is replayed.</summary>
    internal void CutPowerAndRestart(bool flushJournal = false)
    {
        Mount.CutPower(flushJournal);
        Restart();
    }

    /// <summary>Brings the machine back after the power was cut.</summary>
    internal void Restart()
    {
        Mount.Unmount();
        Mount = Remount();
    }

    public void Dispose() => Mount.Dispose();

    private Mount Remount() => Mount.At(_mountPoint, "-o", "loop", _file);

    private static void SetLength(string file, long length)
    {
        using FileStream stream = new(file, FileMode.OpenOrCreate);
        stream.SetLength(length);
    }
}
