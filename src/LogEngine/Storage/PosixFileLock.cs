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

    private readonly string _path;

    private PosixFileLock(FileDescriptor file, string path, bool isNew)
    {
        _file = file;
        _path = path;
        IsNew = isNew;
    }

    /// <inheritdoc/>
    public bool IsNew { get; }

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => PosixStatus.Of(_file, _path).Identity;

    internal static PosixFileLock? TryTake(PosixPlace place, LockKind kind, bool create)
    {
        // A write lock needs a descriptor that may write.
        bool exclusive = kind == LockKind.Exclusive;
        FileDescriptor file = Open(place, exclusive, create, out bool isNew);
        try
        {
            if (TryLock(file, place.Path, exclusive)
                && (!exclusive || TryLockRecord(file, place.Path)))
            {
                PosixFileLock taken = new(file, place.Path, isNew);
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

    private static FileDescriptor Open(
        PosixPlace place, bool exclusive, bool create, out bool isNew)
    {
        int access = exclusive ? PosixNative.OpenReadWrite : PosixNative.OpenReadOnly;
        while (true)
        {
            try
            {
                isNew = false;
                return Posix.OpenFile(place, access, OpenExtras.None);
            }
            catch (StorageIOException error) when (create && error.ErrorNumber == Errno.NotFound)
            {
                isNew = true;
            }

            try
            {
                return Posix.OpenFile(place, access, OpenExtras.Create | OpenExtras.Exclusive);
            }
            catch (StorageIOException error) when (error.ErrorNumber == Errno.Exists
                && PosixStatus.Of(place, followLinks: false) is not { IsLink: true })
            {
                // Somebody else made it just now.
            }
        }
    }

    /// <summary>Null where record locks of this kind do not exist.</summary>
    internal static unsafe bool? IsHeldExclusively(PosixPlace place)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        using FileDescriptor file =
            Posix.OpenFile(place, PosixNative.OpenReadOnly, OpenExtras.None);

        // Asks who would be in the way of a read lock: only a write lock is.
        LinuxNative.LockRange range = new() { Type = LinuxNative.ReadLock };
        while (LinuxNative.ControlLock(file, LinuxNative.GetOpenFileLock, &range) != 0)
        {
            if (HasNoRecordLocks(Posix.Error))
            {
                return null;
            }

            Posix.ThrowUnlessInterrupted("query lock", place.Path);
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
