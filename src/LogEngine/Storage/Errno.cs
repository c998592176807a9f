namespace LogEngine.Storage;

/// <summary>
/// Error numbers that decide something. The seam speaks these everywhere; Windows codes are translated
/// by what they mean (<see cref="WindowsError"/>).
/// </summary>
internal static class Errno
{
    internal const int NotPermitted = 1;
    internal const int NotFound = 2;
    internal const int Interrupted = 4;
    internal const int Io = 5;
    internal const int BadDescriptor = 9;
    internal const int NoMemory = 12;
    internal const int AccessDenied = 13;
    internal const int Busy = 16;
    internal const int Exists = 17;
    internal const int NotDirectory = 20;
    internal const int IsDirectory = 21;
    internal const int Invalid = 22;
    internal const int TooManyFilesOnSystem = 23;
    internal const int TooManyFiles = 24;
    internal const int NotForDevice = 25;
    internal const int FileTooBig = 27;
    internal const int NoSpace = 28;
    internal const int ReadOnly = 30;

    internal static int WouldBlock => OperatingSystem.IsMacOS() ? 35 : 11;

    /// <summary>What was held is not what its name leads to any more.</summary>
    internal static int Stale => OperatingSystem.IsMacOS() ? 70 : 116;

    internal static int NotEmpty => OperatingSystem.IsMacOS() ? 66 : 39;

    internal static int NameTooLong => OperatingSystem.IsMacOS() ? 63 : 36;

    /// <summary>A link leads to a link, and so on.</summary>
    internal static int TooManyLinks => OperatingSystem.IsMacOS() ? 62 : 40;

    internal static int NotImplemented => OperatingSystem.IsMacOS() ? 78 : 38;

    /// <summary>No room for the file: device, quota, or the largest file allowed.</summary>
    internal static bool IsFull(int error) =>
        error is NoSpace or FileTooBig || error == (OperatingSystem.IsMacOS() ? 69 : 122);

    /// <summary>
    /// No descriptor was left to open a file with: whatever it was opened for was not tried.
    /// </summary>
    internal static bool IsOutOfDescriptors(int error) =>
        error is TooManyFiles or TooManyFilesOnSystem;

    /// <summary>The kernel or the file system does not know the call.</summary>
    internal static bool IsUnsupported(int error) =>
        error == NotImplemented
        || (OperatingSystem.IsMacOS() ? error is 45 or 102 : error == 95);

    /// <summary>The exception that the seam promises for an error number.</summary>
    internal static Exception ToException(string operation, string path, int error, string text) =>
        IsFull(error)
            ? new StorageFullException(path, $"{operation} failed: {text} (error {error})")
            : new StorageIOException(operation, path, error, text);
}
