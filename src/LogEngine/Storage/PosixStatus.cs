using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>What stat says of a file, whichever system says it.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal readonly record struct PosixStatus(
    FileIdentity Identity, long Length, uint Mode, long BlockSize, uint Major, uint Minor)
{
    private const uint TypeMask = 0xF000;

    internal bool IsDirectory => (Mode & TypeMask) == 0x4000;

    internal bool IsRegular => (Mode & TypeMask) == 0x8000;

    internal static unsafe PosixStatus Of(FileDescriptor file, string path)
    {
        PosixStatus found;
        while (TryGet(file, out found) != 0)
        {
            Posix.ThrowUnlessInterrupted("stat", path);
        }

        return found;
    }

    /// <summary>Follows links; null where nothing of that name exists.</summary>
    internal static unsafe PosixStatus? OfPath(string path)
    {
        PosixStatus found;
        while (TryGet(path, out found) != 0)
        {
            if (Posix.Error == Errno.NotFound)
            {
                return null;
            }

            Posix.ThrowUnlessInterrupted("stat", path);
        }

        return found;
    }

    private static unsafe int TryGet(FileDescriptor file, out PosixStatus status)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxNative.Statx found;
            int result = LinuxNative.Stat(
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

    private static unsafe int TryGet(string path, out PosixStatus status)
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxNative.Statx found;
            int result = LinuxNative.StatPath(
                LinuxNative.CurrentDirectory, path, 0, LinuxNative.StatBasic, &found);
            status = FromLinux(in found);
            return result;
        }

        if (OperatingSystem.IsMacOS())
        {
            MacNative.MacStat found;
            int result = MacNative.StatPath(path, &found);
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
            found.DeviceMinor);

    [SupportedOSPlatform("macos")]
    private static PosixStatus FromMac(in MacNative.MacStat found) =>
        new(
            new FileIdentity((uint)found.Device, found.Inode, found.Links),
            found.Size,
            found.Mode,
            found.BlockSize,
            0,
            0);
}
