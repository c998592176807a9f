using LogEngine.Storage;

namespace LogEngine.CrashSim.Block;

/// <summary>A block device, past the page cache; an engine's file system opens files only.</summary>
internal static class RawDevice
{
    internal static IStorageFile Open(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException();
        }

        FileDescriptor file = new();
        int number = LinuxNative.Open(
            FileDescriptor.WorkingDirectory,
            path,
            PosixNative.OpenReadWrite | LinuxNative.OpenDirect | LinuxNative.OpenCloseOnExec,
            mode: 0);
        Assert.True(number >= 0, $"{path} does not open");
        file.Own(number);
        return new PosixFile(file, path, isDirect: true);
    }
}
