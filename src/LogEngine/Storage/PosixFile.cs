using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>A file by positional calls. Reading, writing and syncing allocate nothing.</summary>
/// <remarks>
/// The framework's own positional calls are not used: they hide short writes, and report success
/// where a sync failed.
/// </remarks>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal sealed unsafe class PosixFile : IStorageFile
{
    /// <summary>No device addresses less: a direct read ends elsewhere at the file's end.</summary>
    private const int SmallestSector = 512;

    private readonly FileDescriptor _file;

    /// <summary>
    /// Cleared for good when the kernel or this file's system turns out not to know it.
    /// </summary>
    private volatile bool _writesDataSync;

    internal PosixFile(FileDescriptor file, string path, bool isDirect)
    {
        _file = file;
        Path = path;
        IsDirect = isDirect;
        _writesDataSync = isDirect && OperatingSystem.IsLinux();
    }

    /// <inheritdoc/>
    public string Path { get; }

    /// <inheritdoc/>
    public bool IsDirect { get; }

    /// <summary>Whether a write with data sync has, so far, been one system call.</summary>
    internal bool WritesDataSync => _writesDataSync;

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => PosixStatus.Of(_file, Path).Identity;

    /// <inheritdoc/>
    public long GetLength() => PosixStatus.Of(_file, Path).Length;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, long offset)
    {
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                nint count = PosixNative.Read(
                    _file, start + done, (nuint)(buffer.Length - done), offset + done);
                if (count < 0)
                {
                    Posix.ThrowUnlessInterrupted("read", Path);
                    continue;
                }

                done += (int)count;

                // Asking again at an odd offset would be an error in direct mode.
                if (count == 0 || (IsDirect && count % SmallestSector != 0))
                {
                    break;
                }
            }
        }

        return done;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync)
    {
        // A buffered write is synced by a call of its own: the flag on the write would sync it just
        // the same, and fdatasync is what every file system has been tested with.
        bool inOne = dataSync && _writesDataSync;
        int done = 0;
        fixed (byte* start = bytes)
        {
            while (done < bytes.Length)
            {
                nuint left = (nuint)(bytes.Length - done);
                nint count = inOne
                    ? WriteWithDataSync(start + done, left, offset + done)
                    : PosixNative.Write(_file, start + done, left, offset + done);
                if (count > 0)
                {
                    done += (int)count;
                }
                else if (count == 0)
                {
                    throw new StorageIOException("write", Path, Errno.Io, "Nothing was written");
                }
                else if (inOne && Errno.IsUnsupported(Posix.Error))
                {
                    _writesDataSync = false;
                    inOne = false;
                }
                else
                {
                    Posix.ThrowUnlessInterrupted("write", Path);
                }
            }
        }

        if (dataSync && !inOne)
        {
            DataSync();
        }
    }

    /// <inheritdoc/>
    public void DataSync()
    {
        // Only EINTR is asked again: it says that nothing was tried. Any other error has already
        // dropped the dirty pages, and a second call would report success.
        while (SyncOnce() != 0)
        {
            Posix.ThrowUnlessInterrupted("sync", Path);
        }
    }

    /// <inheritdoc/>
    public void SetLength(long length)
    {
        while (PosixNative.SetLength(_file, length) != 0)
        {
            Posix.ThrowUnlessInterrupted("set length of", Path);
        }
    }

    /// <inheritdoc/>
    public bool Allocate(long offset, long length)
    {
        while (AllocateOnce(offset, length) != 0)
        {
            if (Errno.IsUnsupported(Posix.Error))
            {
                return false;
            }

            Posix.ThrowUnlessInterrupted("allocate", Path);
        }

        return true;
    }

    /// <inheritdoc/>
    public void DropCache()
    {
        // macOS has no such call.
        if (OperatingSystem.IsLinux())
        {
            int error = LinuxNative.Advise(_file, 0, 0, LinuxNative.AdviseDropCache);
            if (error != 0)
            {
                throw Posix.ToException("drop cache of", Path, error);
            }
        }
    }

    /// <summary>Takes over mode, owner and group of another file, as far as this process may.</summary>
    internal void TakeAccess(PosixStatus other)
    {
        PosixStatus own = PosixStatus.Of(_file, Path);
        uint permissions = other.Permissions;
        if ((own.Owner != other.Owner || own.Group != other.Group)
            && !TrySetOwner(other.Owner, other.Group)
            && own.Group != other.Group
            && !TrySetOwner(uint.MaxValue, other.Group))
        {
            // The bits of the group were meant for another one: ours gets what everybody has.
            permissions &= ~0x38u | ((permissions & 7) << 3);
        }

        // Whoever owns a file now has not made it run as somebody.
        permissions &= 0x1FF;
        if (permissions != own.Permissions)
        {
            while (PosixNative.SetMode(_file, permissions) != 0)
            {
                Posix.ThrowUnlessInterrupted("set mode of", Path);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>False where this process may not, or the file system has no owners.</summary>
    private bool TrySetOwner(uint owner, uint group)
    {
        while (PosixNative.SetOwner(_file, owner, group) != 0)
        {
            if (Posix.Error is Errno.NotPermitted or Errno.AccessDenied or Errno.Invalid
                || Errno.IsUnsupported(Posix.Error))
            {
                return false;
            }

            Posix.ThrowUnlessInterrupted("set owner of", Path);
        }

        return true;
    }

    private nint WriteWithDataSync(byte* from, nuint count, long offset)
    {
        if (OperatingSystem.IsLinux())
        {
            try
            {
                LinuxNative.IoVector vector = new() { Start = from, Length = count };
                return LinuxNative.WriteVector(
                    _file, &vector, 1, offset, LinuxNative.WriteDataSync);
            }
            catch (EntryPointNotFoundException)
            {
                // An older C library; answered as an older kernel would.
            }
        }

        Marshal.SetLastPInvokeError(Errno.NotImplemented);
        return -1;
    }

    private int SyncOnce() =>
        OperatingSystem.IsLinux()
            ? LinuxNative.DataSync(_file)
            : Posix.SyncWithMetadata(_file);

    private int AllocateOnce(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        if (OperatingSystem.IsLinux())
        {
            return LinuxNative.Allocate(_file, 0, offset, length);
        }

        return OperatingSystem.IsMacOS()
            ? AllocateOnMac(checked(offset + length))
            : throw new PlatformNotSupportedException();
    }

    [SupportedOSPlatform("macos")]
    private int AllocateOnMac(long end)
    {
        long missing = end - GetLength();
        if (missing <= 0)
        {
            return 0;
        }

        const uint AllOrNothing = 4;
        const int AfterPhysicalEnd = 3;
        MacNative.Store store = new()
        {
            Flags = AllOrNothing,
            Position = AfterPhysicalEnd,
            Length = missing,
        };
        return MacNative.Control(_file, MacNative.Preallocate, (nint)(&store)) == -1
            ? -1
            : PosixNative.SetLength(_file, end);
    }
}
