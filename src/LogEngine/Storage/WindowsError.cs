using System.Runtime.InteropServices;

namespace LogEngine.Storage;

/// <summary>
/// What Windows answers, in the seam's error numbers. The two kinds of numbers overlap (23 is a failed
/// checksum of the disk there, and too many open files here), so every code is mapped by its meaning, and
/// one that is not known is an I/O error, the most serious.
/// </summary>
internal static class WindowsError
{
    internal const int InvalidFunction = 1;
    internal const int AccessDenied = 5;
    internal const int InvalidHandle = 6;
    internal const int SharingViolation = 32;
    internal const int LockViolation = 33;
    internal const int EndOfFile = 38;
    internal const int NotSupported = 50;
    internal const int InvalidParameter = 87;
    internal const int NotImplemented = 120;
    internal const int AlreadyExists = 183;
    internal const int DeletePending = 303;
    internal const int IoPending = 997;
    internal const int UserMapped = 1224;

    /// <summary>The error of this thread's last failed call.</summary>
    internal static Exception Last(string operation, string path) =>
        ToException(operation, path, Marshal.GetLastPInvokeError());

    /// <summary>The seam's exception; its text has Windows's own code and words.</summary>
    internal static Exception ToException(string operation, string path, int code) =>
        Errno.ToException(
            operation,
            path,
            ToErrno(code),
            $"{Marshal.GetPInvokeErrorMessage(code)} (Windows error {code})");

    /// <summary>The error number that means what a Windows code means.</summary>
    internal static int ToErrno(int code) => code switch
    {
        // The name, or a directory of the path, is not there. A network path that is not there is
        // no such answer: the file may well exist.
        2 or 3 => Errno.NotFound,
        80 or AlreadyExists => Errno.Exists,
        267 => Errno.NotDirectory,
        145 => Errno.NotEmpty,
        123 or 161 or InvalidParameter => Errno.Invalid,
        206 or 111 => Errno.NameTooLong,
        1921 => Errno.TooManyLinks,

        AccessDenied or 1920 => Errno.AccessDenied,
        1314 => Errno.NotPermitted,
        19 => Errno.ReadOnly,

        // Somebody has it open in a way that excludes this, or has locked or mapped it.
        SharingViolation or LockViolation or DeletePending or UserMapped or 170 => Errno.Busy,

        // Disk, quota, and the largest file of a file system.
        39 or 112 or 1295 => Errno.NoSpace,
        223 => Errno.FileTooBig,

        4 => Errno.TooManyFiles,
        8 or 14 or 1450 or 1455 => Errno.NoMemory,
        InvalidHandle => Errno.BadDescriptor,
        _ when IsUnsupported(code) => Errno.NotImplemented,
        _ => Errno.Io,
    };

    /// <summary>The file system, or this Windows, does not know the call.</summary>
    internal static bool IsUnsupported(int code) =>
        code is InvalidFunction or NotSupported or NotImplemented;

    /// <summary>
    /// What another program's short use of a file makes of a call that would have gone well: virus
    /// scanners, indexers and backups open whatever was just closed.
    /// </summary>
    internal static bool MayPass(int code) =>
        code is AccessDenied or SharingViolation or LockViolation or DeletePending or UserMapped;
}
