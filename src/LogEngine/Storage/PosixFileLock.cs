using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>An advisory lock on an open file description.</summary>
/// <remarks>
/// flock belongs to the open file description: a second open in this process has another one and is
/// refused like another process, so no registry within the process is needed. What flock cannot do
/// is to be asked without being taken; an exclusive holder therefore also takes an open-file-
/// description record lock, which can.
/// </remarks>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal sealed class PosixFileLock : IFileLock
{
    private readonly FileDescriptor _file;

    private PosixFileLock(FileDescriptor file, FileIdentity identity)
    {
        _file = file;
        Identity = identity;
    }

    /// <inheritdoc/>
    public FileIdentity Identity { get; }

    internal static PosixFileLock? TryTake(string path, LockKind kind, bool create)
    {
        // A write lock needs a descriptor that may write.
        bool exclusive = kind == LockKind.Exclusive;
        FileDescriptor file = Posix.Open(
            path,
            exclusive ? PosixNative.OpenReadWrite : PosixNative.OpenReadOnly,
            create ? OpenExtras.Create : OpenExtras.None);
        try
        {
            if (TryLock(file, path, exclusive) && (!exclusive || TryLockRecord(file, path)))
            {
                PosixFileLock taken = new(file, PosixStatus.Of(file, path).Identity);
                file = null!;
                return taken;
            }

            return null;
        }
        finally
        {
            file?.Dispose();
        }
    }

    /// <summary>Null where record locks of this kind do not exist.</summary>
    internal static unsafe bool? IsHeldExclusively(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        using FileDescriptor file = Posix.Open(path, PosixNative.OpenReadOnly, OpenExtras.None);

        // Asks who would be in the way of a read lock: only a write lock is.
        LinuxNative.LockRange range = new() { Type = LinuxNative.ReadLock };
        while (LinuxNative.ControlLock(file, LinuxNative.GetOpenFileLock, &range) != 0)
        {
            if (HasNoRecordLocks(Posix.Error))
            {
                return null;
            }

            Posix.ThrowUnlessInterrupted("query lock", path);
        }

        return range.Type != LinuxNative.NoLock;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_file.IsClosed)
        {
            return;
        }

        try
        {
            // Closing alone is not enough: a child process between fork and exec holds a copy of
            // the descriptor for a moment, and with it the lock. A failure here leaves it to close.
            _ = PosixNative.Lock(_file, PosixNative.LockRelease);
            ReleaseRecord();
        }
        catch (ObjectDisposedException)
        {
            // Another thread disposed it in between: it released the same lock.
        }

        _file.Dispose();
    }

    private static bool TryLock(FileDescriptor file, string path, bool exclusive)
    {
        int kind = exclusive ? PosixNative.LockExclusive : PosixNative.LockShared;
        while (PosixNative.Lock(file, kind | PosixNative.LockNonBlocking) != 0)
        {
            if (Posix.Error == Errno.WouldBlock)
            {
                return false;
            }

            // Also where the file system has no locks: that must never look like a free one.
            Posix.ThrowUnlessInterrupted("lock", path);
        }

        return true;
    }

    private static unsafe bool TryLockRecord(FileDescriptor file, string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        LinuxNative.LockRange range = new() { Type = LinuxNative.WriteLock };
        while (LinuxNative.ControlLock(file, LinuxNative.SetOpenFileLock, &range) != 0)
        {
            int error = Posix.Error;
            if (error == Errno.WouldBlock || error == Errno.AccessDenied)
            {
                return false;
            }

            if (HasNoRecordLocks(error))
            {
                return true;
            }

            Posix.ThrowUnlessInterrupted("lock", path);
        }

        return true;
    }

    private unsafe void ReleaseRecord()
    {
        if (OperatingSystem.IsLinux())
        {
            LinuxNative.LockRange range = new() { Type = LinuxNative.NoLock };
            _ = LinuxNative.ControlLock(_file, LinuxNative.SetOpenFileLock, &range);
        }
    }

    private static bool HasNoRecordLocks(int error) =>
        error == Errno.Invalid || Errno.IsUnsupported(error);
}
