namespace LogEngine.Storage;

/// <summary>The file system of the operating system that this process runs on.</summary>
internal static class RealFileSystem
{
    /// <summary>Stateless, so one for all; null where there is none.</summary>
    private static readonly IFileSystem? _instance = Create();

    /// <summary>Not thrown where the type is made: that would hide it in another exception.</summary>
    /// <exception cref="PlatformNotSupportedException">LogEngine does not run here.</exception>
    internal static IFileSystem Instance
    {
        get
        {
            Platform.Require();
            return _instance!;
        }
    }

    private static IFileSystem? Create()
    {
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            return new PosixFileSystem();
        }

        return OperatingSystem.IsWindows() ? new WindowsFileSystem() : null;
    }
}
