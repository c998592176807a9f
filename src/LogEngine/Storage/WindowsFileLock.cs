using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>A lock on byte ranges of an open handle.</summary>
/// <remarks>
/// <para>
/// Two bytes, which lie where no file reaches, because locks are mandatory on Windows and the file itself is
/// to stay readable. The first is the lock. The second says that there is an exclusive holder: who holds the
/// first exclusively takes it too, and who asks takes it shared for a moment. So asking never
/// takes the lock, and no writer is refused because somebody asked; at most it waits for that moment.
/// </para>
/// <para>
/// A file that a lock may create is a lock file. It is held without sharing deletion, so the system refuses
/// to remove or rename it. Any other file that is locked may be renamed, as a temporary file is.
/// </para>
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed class WindowsFileLock : IFileLock
{
    private const long LockedAt = long.MaxValue - 1;
    private const long HolderAt = long.MaxValue - 2;

    /// <summary>How often a new holder meets somebody who asks, a millisecond or more apart.</summary>
    private const int MostAsked = 1000;

    private readonly SafeFileHandle _file;
    private readonly string _path;
    private readonly bool _isExclusive;

    /// <summary>Never changes while the file is open; the count of its names may.</summary>
    private readonly FileIdentity _identity;

    private WindowsFileLock(SafeFileHandle file, string path, bool isExclusive, bool isNew)
    {
        _file = file;
        _path = path;
        _isExclusive = isExclusive;
        _identity = WindowsFile.IdentityOf(file, path);
        IsNew = isNew;
    }

    /// <inheritdoc/>
    public bool IsNew { get; }

    /// <inheritdoc/>
    public FileIdentity GetIdentity() =>
        _identity with { Links = WindowsFile.LinksOf(_file, _path) };

    internal static WindowsFileLock? TryTake(string path, LockKind kind, bool create)
    {
        bool exclusive = kind == LockKind.Exclusive;
        SafeFileHandle? file = TryOpen(path, exclusive, create, out bool isNew);
        if (file is null)
        {
            return null;
        }

        try
        {
            if (TryLock(file, path, LockedAt, exclusive)
                && (!exclusive || TryShowHolder(file, path)))
            {
                WindowsFileLock taken = new(file, path, exclusive, isNew);
                file = null;
                return taken;
            }

            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Asks without taking the lock.</summary>
    internal static bool IsHeldExclusively(string path)
    {
        using SafeFileHandle file = WindowsNames.Open(
            path, WindowsNative.GenericRead, WindowsNative.OpenExisting, WindowsNative.FlagNormal);
        if (!TryLock(file, path, HolderAt, exclusive: false))
        {
            return true;
        }

        Unlock(file, HolderAt);
        return false;
    }

    /// <summary>
    /// By a call of its own: the system frees what a closed handle held when it comes to it.
    /// </summary>
    public void Dispose()
    {
        if (_file.IsClosed)
        {
            return;
        }

        try
        {
            if (_isExclusive)
            {
                Unlock(_file, HolderAt);
            }

            Unlock(_file, LockedAt);
        }
        catch (ObjectDisposedException)
        {
            // Another thread disposed it in between: it released the same lock.
        }

        _file.Dispose();
    }

    /// <summary>Null where somebody has it open in a way that excludes everybody else.</summary>
    private static SafeFileHandle? TryOpen(
        string path, bool exclusive, bool create, out bool isNew)
    {
        SafeFileHandle file = WindowsNative.CreateFile(
            WindowsPath.Of(path),
            WindowsNative.GenericRead | (exclusive ? WindowsNative.GenericWrite : 0),
            exclusive && create ? WindowsNative.ShareInPlace : WindowsNative.ShareAll,
            0,
            create ? WindowsNative.OpenAlways : WindowsNative.OpenExisting,
            WindowsNative.FlagNormal,
            0);
        int code = Marshal.GetLastPInvokeError();

        // Set also where the call succeeds: with a file that was there before.
        isNew = create && code != WindowsError.AlreadyExists;
        if (!file.IsInvalid)
        {
            return file;
        }

        return code == WindowsError.SharingViolation
            ? null
            : throw WindowsError.ToException("open", path, code);
    }

    /// <summary>Waits for those who ask just now; null where one of them does not let go.</summary>
    private static bool TryShowHolder(SafeFileHandle file, string path)
    {
        for (int i = 0; i < MostAsked; i++)
        {
            if (TryLock(file, path, HolderAt, exclusive: true))
            {
                return true;
            }

            WindowsPatience.Pause(1);
        }

        return false;
    }

    private static unsafe bool TryLock(SafeFileHandle file, string path, long at, bool exclusive)
    {
        uint flags = WindowsNative.LockFailImmediately
            | (exclusive ? WindowsNative.LockExclusive : 0);
        NativeOverlapped position = WindowsNative.At(at);
        if (WindowsNative.Lock(file, flags, 0, 1, 0, &position))
        {
            return true;
        }

        // Anything else, also a file system without locks, must never look like a held one.
        int code = Marshal.GetLastPInvokeError();
        return code is WindowsError.LockViolation or WindowsError.IoPending
            ? false
            : throw WindowsError.ToException("lock", path, code);
    }

    /// <summary>Where it fails, closing the handle does it.</summary>
    private static unsafe void Unlock(SafeFileHandle file, long at)
    {
        NativeOverlapped position = WindowsNative.At(at);
        _ = WindowsNative.Unlock(file, 0, 1, 0, &position);
    }
}
