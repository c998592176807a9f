using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>Opening, and turning error numbers into exceptions.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal static class Posix
{
    /// <summary>rw-rw-rw-, less what the process's umask takes away: usually rw-r--r--.</summary>
    internal const uint FileMode = 0x1B6;

    /// <summary>rwxrwxrwx, less what the process's umask takes away: usually rwxr-xr-x.</summary>
    internal const uint DirectoryMode = 0x1FF;

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

    /// <summary>
    /// Makes a file or a directory durable with all that describes it. On macOS fsync hands it to the drive
    /// and no further; the full sync reaches the medium, and file systems without that have fsync.
    /// </summary>
    internal static int SyncWithMetadata(FileDescriptor file)
    {
        if (OperatingSystem.IsMacOS())
        {
            int result = MacNative.Control(file, MacNative.FullSync, 0);
            if (result != -1 || !(Errno.IsUnsupported(Error) || Error == Errno.NotForDevice))
            {
                return result == -1 ? -1 : 0;
            }
        }

        return PosixNative.Sync(file);
    }

    /// <summary>Opens a directory.</summary>
    internal static FileDescriptor OpenDirectory(PosixPlace place) =>
        Open(place, PosixNative.OpenReadOnly, OpenExtras.Directory);

    /// <summary>
    /// Opens a regular file and nothing else. The open does not wait for the other end of a pipe,
    /// and what was opened is asked what it is, not what the name led to before.
    /// </summary>
    internal static FileDescriptor OpenFile(PosixPlace place, int access, OpenExtras extras)
    {
        FileDescriptor file = Open(place, access, extras | OpenExtras.NonBlocking);
        try
        {
            // What this call has created is a file.
            if (!extras.HasFlag(OpenExtras.Exclusive))
            {
                PosixStatus found = PosixStatus.Of(file, place.Path);
                if (!found.IsRegular)
                {
                    throw new StorageIOException(
                        "open",
                        place.Path,
                        found.IsDirectory ? Errno.IsDirectory : Errno.Invalid,
                        $"It is {found.KindInWords}, not a regular file");
                }
            }

            FileDescriptor opened = file;
            file = null!;
            return opened;
        }
        finally
        {
            file?.Dispose();
        }
    }

    private static FileDescriptor Open(PosixPlace place, int access, OpenExtras extras)
    {
        FileDescriptor file = new();
        int number;
        while ((number = TryOpen(place, access, extras)) < 0)
        {
            ThrowUnlessInterrupted("open", place.Path);
        }

        file.Own(number);
        return file;
    }

    private static int TryOpen(PosixPlace place, int access, OpenExtras extras)
    {
        if (OperatingSystem.IsLinux())
        {
            return LinuxNative.Open(place.At, place.Name, access | LinuxFlags(extras), FileMode);
        }

        return OperatingSystem.IsMacOS()
            ? MacNative.Open(place.At, place.Name, access | MacFlags(extras), FileMode)
            : throw new PlatformNotSupportedException();
    }

    [SupportedOSPlatform("linux")]
    private static int LinuxFlags(OpenExtras extras) =>
        LinuxNative.OpenCloseOnExec
        | (extras.HasFlag(OpenExtras.Create) ? LinuxNative.OpenCreate : 0)
        | (extras.HasFlag(OpenExtras.Exclusive) ? LinuxNative.OpenExclusive : 0)
        | (extras.HasFlag(OpenExtras.Directory) ? LinuxNative.OpenDirectory : 0)
        | (extras.HasFlag(OpenExtras.NonBlocking) ? LinuxNative.OpenNonBlocking : 0)
        | (extras.HasFlag(OpenExtras.Direct) ? LinuxNative.OpenDirect : 0);

    /// <summary>Direct is no open flag there but a switch on the open file.</summary>
    [SupportedOSPlatform("macos")]
    private static int MacFlags(OpenExtras extras) =>
        MacNative.OpenCloseOnExec
        | (extras.HasFlag(OpenExtras.Create) ? MacNative.OpenCreate : 0)
        | (extras.HasFlag(OpenExtras.Exclusive) ? MacNative.OpenExclusive : 0)
        | (extras.HasFlag(OpenExtras.NonBlocking) ? MacNative.OpenNonBlocking : 0)
        | (extras.HasFlag(OpenExtras.Directory) ? MacNative.OpenDirectory : 0);
}
