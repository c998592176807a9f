namespace LogEngine.Storage;

/// <summary>The file system of the operating system that this process runs on.</summary>
internal static class RealFileSystem
{
    /// <summary>Stateless, so one for all.</summary>
    internal static IFileSystem Instance { get; } = Create();

    private static IFileSystem Create()
    {
        // File offsets are passed as 64 bits, which 32-bit C libraries take only under other names.
        if (!Environment.Is64BitProcess)
        {
            throw new PlatformNotSupportedException("LogEngine needs a 64-bit process.");
        }

        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            return new PosixFileSystem();
        }

        return OperatingSystem.IsWindows()
            ? new WindowsFileSystem()
            : throw new PlatformNotSupportedException(
                "LogEngine runs on Linux, macOS and Windows.");
    }
}
