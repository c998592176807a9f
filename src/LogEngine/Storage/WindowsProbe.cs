using System.Numerics;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>Finds out what a directory's volume needs and can do.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsProbe(WindowsFileSystem files, string directory)
{
    private const int DefaultBlock = 4096;

    /// <summary>Larger sizes are hints for throughput, not units.</summary>
    private const int LargestBlock = 64 << 10;

    private const int LongestName = 64;

    internal StorageFacts Run(bool tryDirect)
    {
        using SafeFileHandle opened = WindowsNames.Open(
            directory,
            WindowsNative.AccessAttributes,
            WindowsNative.OpenExisting,
            WindowsNative.FlagDirectory);
        int direct = Sector(opened);
        int buffered = Math.Max(Math.Max(direct, Environment.SystemPageSize), Cluster());
        string? reason = tryDirect
            ? new DirectProbe(files, directory, direct).Run(_ => null)
            : null;
        return new StorageFacts(
            NameOf(opened), tryDirect && reason is null, reason, direct, buffered);
    }

    /// <summary>
    /// The largest of the sizes that the volume and the device below it name: writing less makes the
    /// device rewrite what lies beside. Some file systems do not say.
    /// </summary>
    private static unsafe int Sector(SafeFileHandle opened)
    {
        WindowsNative.StorageSizes found;
        return WindowsNative.GetInformation(
            opened, WindowsNative.KindStorage, &found, (uint)sizeof(WindowsNative.StorageSizes))
            ? Math.Max(
                Math.Max(Block(found.LogicalSector), Block(found.AtomicSector)),
                Math.Max(Block(found.FastSector), Block(found.EffectiveSector)))
            : DefaultBlock;
    }

    private unsafe int Cluster()
    {
        uint sectors;
        uint sectorBytes;
        uint free;
        uint all;
        string path = Path.EndsInDirectorySeparator(directory) ? directory : directory + @"\";
        return WindowsNative.GetClusters(path, &sectors, &sectorBytes, &free, &all)
            ? Block(checked(sectors * sectorBytes))
            : DefaultBlock;
    }

    private static int Block(uint bytes) =>
        bytes <= LargestBlock && BitOperations.IsPow2(bytes)
            ? Math.Max(DefaultBlock, (int)bytes)
            : DefaultBlock;

    /// <summary>Only for people.</summary>
    private static unsafe string NameOf(SafeFileHandle opened)
    {
        char* name = stackalloc char[LongestName];
        return WindowsNative.GetVolume(opened, null, 0, null, null, null, name, LongestName)
            ? new string(name)
            : "unknown";
    }
}
