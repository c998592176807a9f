using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>Opening, and turning error numbers into exceptions.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal static class Posix
{
    /// <summary>rw-r--r--: others may look, as verifying and read-only opening do.</summary>
    internal const uint FileMode = 0x1A4;

    /// <summary>rwxr-xr-x.</summary>
    internal const uint DirectoryMode = 0x1ED;

    /// <summary>Error number of this thread's last failed call.</summary>
    internal static int Error => Marshal.GetLastPInvokeError();

    internal static Exception LastError(string operation, string path) =>
        ToException(operation, path, Error);

    internal static Exception ToException(string operation, string path, int error) =>
        Errno.ToException(operation, path, error, Marshal.GetPInvokeErrorMessage(error));

    /// <summary>Called after a failed call; returns where it is to be made again.</summary>
    internal static void ThrowUnlessInterrupted(string operation, string path)
    {
        if (Error != Errno.Interrupted)
        {
            throw LastError(operation, path);
        }
    }

    internal static FileDescriptor Open(string path, int access, OpenExtras extras)
    {
        FileDescriptor file = new();
        int number;
        while ((number = TryOpen(path, access, extras)) < 0)
        {
            ThrowUnlessInterrupted("open", path);
        }

        file.Own(number);
        return file;
    }

    private static int TryOpen(string path, int access, OpenExtras extras)
    {
        if (OperatingSystem.IsLinux())
        {
            return LinuxNative.Open(path, access | LinuxFlags(extras), FileMode);
        }

        return OperatingSystem.IsMacOS()
            ? MacNative.Open(path, access | MacFlags(extras), FileMode)
            : throw new PlatformNotSupportedException();
    }

    [SupportedOSPlatform("linux")]
    private static int LinuxFlags(OpenExtras extras) =>
        LinuxNative.OpenCloseOnExec
        | (extras.HasFlag(OpenExtras.Create) ? LinuxNative.OpenCreate : 0)
        | (extras.HasFlag(OpenExtras.Exclusive) ? LinuxNative.OpenExclusive : 0)
        | (extras.HasFlag(OpenExtras.Directory) ? LinuxNative.OpenDirectory : 0)
        | (extras.HasFlag(OpenExtras.Direct) ? LinuxNative.OpenDirect : 0);

    /// <summary>Direct is no open flag there but a switch on the open file.</summary>
    [SupportedOSPlatform("macos")]
    private static int MacFlags(OpenExtras extras) =>
        MacNative.OpenCloseOnExec
        | (extras.HasFlag(OpenExtras.Create) ? MacNative.OpenCreate : 0)
        | (extras.HasFlag(OpenExtras.Exclusive) ? MacNative.OpenExclusive : 0)
        | (extras.HasFlag(OpenExtras.Directory) ? MacNative.OpenDirectory : 0);
}
