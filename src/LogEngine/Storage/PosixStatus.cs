using System.Runtime.Versioning;

namespace LogEngine.Storage;

// Over the limit: what one system call answers, of which every field is asked for by name.
/// <summary>What stat says of a file, whichever system says it.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal readonly record struct PosixStatus(
    FileIdentity Identity,
    long Length,
    uint Mode,
    long BlockSize,
    uint Major,
    uint Minor,
    uint Owner,
    uint Group)
{
    private const uint TypeMask = 0xF000;

    /// <summary>Read, write and execute for owner, group and others, and the three bits above.</summary>
    internal uint Permissions => Mode & ~TypeMask;

    internal bool IsDirectory => (Mode & TypeMask) == 0x4000;

    internal bool IsLink => (Mode & TypeMask) == 0xA000;

    internal bool IsRegular => (Mode & TypeMask) == 0x8000;

    internal string KindInWords => (Mode & TypeMask) switch
    {
        0x1000 => "a pipe",
        0x2000 => "a character device",
        0x4000 => "a directory",
        0x6000 => "a block device",
        0x8000 => "a regular file",
        0xA000 => "a symbolic link",
        0xC000 => "a socket",
        _ => "something unknown",
    };

    internal static unsafe PosixStatus Of(FileDescriptor file, string path)
    {
        PosixStatus found;
        while (TryGet(file, out found) != 0)
        {
            Posix.ThrowUnlessInterrupted("stat", path);
        }

        return found;
    }

    /// <summary>Null where nothing of that name exists.</summary>
    /// <param name="place">The name.</param>
    /// <param name="followLinks">Whether to look at what a symbolic link leads to.</param>
    internal static unsafe PosixStatus? Of(PosixPlace place, bool followLinks = true)
    {
        PosixStatus found;
        while (TryGet(place, followLinks, out found) != 0)
        {
            if (Posix.Error == Errno.NotFound)
            {
                return null;
            }

            Posix.ThrowUnlessInterrupted("stat", place.Path);
        }

        return found;
    }

    private static unsafe int TryGet(FileDescriptor file, out PosixStatus status)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxNative.Statx found;
            int result = LinuxStat.Get(
                file, string.Empty, LinuxNative.EmptyPath, LinuxNative.StatBasic, &found);
            status = FromLinux(in found);
            return result;
        }

        if (OperatingSystem.IsMacOS())
        {
            MacNative.MacStat found;
            int result = MacNative.Stat(file, &found);
            status = FromMac(in found);
            return result;
        }

        throw new PlatformNotSupportedException();
    }

    private static unsafe int TryGet(PosixPlace place, bool followLinks, out PosixStatus status)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxNative.Statx found;
            int result = LinuxStat.Get(
                place.At,
                place.Name,
                followLinks ? 0 : LinuxNative.NoFollow,
                LinuxNative.StatBasic,
                &found);
            status = FromLinux(in found);
            return result;
        }

        if (OperatingSystem.IsMacOS())
        {
            MacNative.MacStat found;
            int result = MacNative.Stat(
                place.At, place.Name, &found, followLinks ? 0 : MacNative.NoFollow);
            status = FromMac(in found);
            return result;
        }

        throw new PlatformNotSupportedException();
    }

    [SupportedOSPlatform("linux")]
    private static PosixStatus FromLinux(in LinuxNative.Statx found) =>
        new(
            new FileIdentity(
                ((ulong)found.DeviceMajor << 32) | found.DeviceMinor, found.Inode, found.Links),
            found.Size,
            found.Mode,
            found.BlockSize,
            found.DeviceMajor,
            found.DeviceMinor,
            found.Owner,
            found.Group);

    [SupportedOSPlatform("macos")]
    private static PosixStatus FromMac(in MacNative.MacStat found) =>
        new(
            new FileIdentity((uint)found.Device, found.Inode, found.Links),
            found.Size,
            found.Mode,
            found.BlockSize,
            0,
            0,
            found.Owner,
            found.Group);
}
