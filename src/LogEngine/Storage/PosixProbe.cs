using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.Versioning;
using System.Text;

namespace LogEngine.Storage;

/// <summary>Finds out what a directory's file system needs and can do.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal sealed class PosixProbe(PosixFileSystem fileSystem, string directory)
{
    private const int DefaultBlock = 4096;

    /// <summary>Larger sizes are hints for throughput (network file systems), not units.</summary>
    private const int LargestBlock = 64 << 10;

    internal StorageFacts Run(bool tryDirect)
    {
        using FileDescriptor opened = Posix.OpenDirectory(fileSystem.Place(directory));
        PosixStatus status = PosixStatus.Of(opened, directory);
        int direct = Math.Max(DefaultBlock, PhysicalBlock(status));
        int buffered = Math.Max(direct, Environment.SystemPageSize);
        if (status.BlockSize <= LargestBlock && BitOperations.IsPow2(status.BlockSize))
        {
            buffered = Math.Max(buffered, (int)status.BlockSize);
        }

        string? reason = tryDirect ? TryDirect(direct) : null;
        return new StorageFacts(
            FileSystemName(opened), tryDirect && reason is null, reason, direct, buffered);
    }

    private unsafe string FileSystemName(FileDescriptor opened)
    {
        if (OperatingSystem.IsLinux())
        {
            // The structure has 120 bytes and its type comes first.
            uint* found = stackalloc uint[64];
            while (LinuxNative.StatFileSystem(opened, found) != 0)
            {
                Posix.ThrowUnlessInterrupted("stat file system of", directory);
            }

            return LinuxFileSystems.NameOf(found[0]);
        }

        if (OperatingSystem.IsMacOS())
        {
            byte* found = stackalloc byte[MacNative.StatFileSystemSize];
            while (MacNative.StatFileSystem(opened, found) != 0)
            {
                Posix.ThrowUnlessInterrupted("stat file system of", directory);
            }

            ReadOnlySpan<byte> name = new(found + MacNative.StatFileSystemNameAt, 16);
            return Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
        }

        throw new PlatformNotSupportedException();
    }

    /// <summary>Writing less than this makes the device rewrite neighbours.</summary>
    private static int PhysicalBlock(PosixStatus status)
    {
        if (!OperatingSystem.IsLinux())
        {
            return DefaultBlock;
        }

        string device = string.Create(
            CultureInfo.InvariantCulture, $"/sys/dev/block/{status.Major}:{status.Minor}/");

        // A partition has no queue of its own; its directory lies in the whole device's.
        return ReadBlockSize(device + "queue/physical_block_size")
            ?? ReadBlockSize(device + "../queue/physical_block_size")
            ?? DefaultBlock;
    }

    private static int? ReadBlockSize(string path)
    {
        try
        {
            using IStorageFile file = new PosixFileSystem().Open(path, OpenFlags.Read);
            Span<byte> text = stackalloc byte[32];
            int count = file.Read(text, 0);
            return Utf8Parser.TryParse(text[..count], out int size, out _)
                && size <= LargestBlock
                && BitOperations.IsPow2(size)
                ? size
                : null;
        }
        catch (StorageIOException)
        {
            // Not a disk, or not for us to see.
            return null;
        }
    }

    /// <summary>Null where it works, else why it does not.</summary>
    private string? TryDirect(int alignment) =>
        OperatingSystem.IsLinux()
            ? new DirectProbe(fileSystem, directory, alignment).Run(WhyNotInOne)
            : "not supported on this operating system";

    private static string? WhyNotInOne(IStorageFile file) =>
        ((PosixFile)file).WritesDataSync
            ? null
            : "a write with the data-sync flag (pwritev2, RWF_DSYNC) is not supported";
}
