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
    private string? TryDirect(int alignment)
    {
        if (!OperatingSystem.IsLinux())
        {
            return "not supported on this operating system";
        }

        string path = Path.Combine(directory, FileNames.NewProbe());
        try
        {
            return TryDirect(path, alignment);
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            return error.Message;
        }
    }

    private string? TryDirect(string path, int alignment)
    {
        try
        {
            using IStorageFile file = fileSystem.Open(path, OpenFlags.CreateNew | OpenFlags.Direct);
            using AlignedBuffer written = new(2 * alignment);
            using AlignedBuffer read = new(2 * alignment);

            // Both ways a log writes: into allocated blocks, and over blocks written before. The
            // second write covers only the second block.
            file.Allocate(0, written.Length);
            Chance.Fill(written.Span);
            file.Write(written.Span, 0, dataSync: true);
            Span<byte> second = written.Slice(alignment, alignment);
            Chance.Fill(second);
            file.Write(second, alignment, dataSync: true);
            if (!((PosixFile)file).WritesDataSync)
            {
                return "a write with the data-sync flag (pwritev2, RWF_DSYNC) is not supported";
            }

            int count = file.Read(read.Span, 0);
            if (count != written.Length || !read.Span.SequenceEqual(written.Span))
            {
                return "a direct read did not return what was written";
            }

            return SeesTheOtherWay(file, path, written, read, alignment)
                ? null
                : "what is written through the page cache and past it does not show the other way";
        }
        finally
        {
            fileSystem.Unlink(path);
        }
    }

    /// <summary>
    /// Whether the page cache and direct calls show each other's writes: a log writes some groups the one
    /// way and some the other.
    /// </summary>
    private bool SeesTheOtherWay(
        IStorageFile direct, string path, AlignedBuffer written, AlignedBuffer read, int alignment)
    {
        using IStorageFile cached = fileSystem.Open(path, OpenFlags.Write);

        // Both blocks are in the cache now; then each is written the other way than it is read.
        cached.Read(read.Span, 0);
        Chance.Fill(written.Span);
        cached.Write(written.Slice(0, alignment), 0, dataSync: false);
        direct.Write(written.Slice(alignment, alignment), alignment, dataSync: false);
        int past = direct.Read(read.Slice(0, alignment), 0);
        int through = cached.Read(read.Slice(alignment, alignment), alignment);
        return past == alignment
            && through == alignment
            && read.Span.SequenceEqual(written.Span);
    }
}
