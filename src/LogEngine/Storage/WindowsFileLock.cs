using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>A lock on a byte range of an open handle; closing the handle releases it.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsFileLock : IFileLock
{
    /// <summary>
    /// Locks are mandatory on Windows: the range lies where no file reaches, so that the file
    /// itself stays readable and writable.
    /// </summary>
    private const long LockedAt = long.MaxValue - 1;

    private readonly SafeFileHandle _file;

    private readonly string _path;

    private WindowsFileLock(SafeFileHandle file, string path, bool isNew)
    {
        _file = file;
        _path = path;
        IsNew = isNew;
    }

    /// <inheritdoc/>
    public bool IsNew { get; }

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => WindowsFile.IdentityOf(_file, _path);

    internal static unsafe WindowsFileLock? TryTake(string path, LockKind kind, bool create)
    {
        SafeFileHandle? file = WindowsFileSystem.OpenHandle(
            path,
            WindowsNative.GenericRead | WindowsNative.GenericWrite,
            create ? WindowsNative.OpenAlways : WindowsNative.OpenExisting,
            WindowsNative.FlagNormal);

        // Set also where the call succeeds: with a file that was there before.
        bool isNew = create
            && Marshal.GetLastPInvokeError() != WindowsNative.ErrorAlreadyExists;
        try
        {
            uint flags = WindowsNative.LockFailImmediately
                | (kind == LockKind.Exclusive ? WindowsNative.LockExclusive : 0);
            NativeOverlapped position = WindowsNative.At(LockedAt);
            if (!WindowsNative.Lock(file, flags, 0, 1, 0, &position))
            {
                return Marshal.GetLastPInvokeError()
                    is WindowsNative.ErrorLockViolation or WindowsNative.ErrorIoPending
                    ? null
                    : throw WindowsNative.LastError("lock", path);
            }

            WindowsFileLock taken = new(file, path, isNew);
            file = null;
            return taken;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
