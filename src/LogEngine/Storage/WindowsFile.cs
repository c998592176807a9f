using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>
/// A file on Windows: positional reads and writes, any number at a time. A write is made durable by
/// FlushFileBuffers, or where the file is direct by itself.
/// </summary>
/// <remarks>
/// The handle is an overlapped one, on which calls do not stand in line; each waits for its own event.
/// </remarks>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsFile(SafeFileHandle file, string path, bool isDirect)
    : IStorageFile
{
    /// <summary>No device addresses less: a direct read ends elsewhere at the file's end.</summary>
    private const int SmallestSector = 512;

    /// <summary>A thread has one call under way at a time. Closed when the thread is gone.</summary>
    [ThreadStatic]
    private static EventWaitHandle? _done;

    /// <inheritdoc/>
    public string Path => path;

    /// <inheritdoc/>
    public bool IsDirect => isDirect;

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => IdentityOf(file, path);

    /// <inheritdoc/>
    public long GetLength() => StandardOf(file, path).Length;

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, long offset)
    {
        RequireOffset("read", offset);
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                int count = Transfer(
                    false, start + done, buffer.Length - done, offset + done, out int code);
                if (code is not (0 or WindowsError.EndOfFile))
                {
                    throw WindowsError.ToException("read", path, code);
                }

                done += count;

                // Asking again at an odd offset would be an error in direct mode.
                if (count == 0 || (isDirect && count % SmallestSector != 0))
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
        RequireOffset("write", offset);
        int done = 0;
        fixed (byte* start = bytes)
        {
            while (done < bytes.Length)
            {
                int count = Transfer(
                    true, start + done, bytes.Length - done, offset + done, out int code);
                if (code != 0)
                {
                    throw WindowsError.ToException("write", path, code);
                }

                if (count == 0)
                {
                    throw new StorageIOException("write", path, Errno.Io, "Nothing was written");
                }

                done += count;
            }
        }

        // A direct file is written through: its bytes were on the medium when the call returned.
        if (dataSync && !isDirect)
        {
            DataSync();
        }
    }

    /// <inheritdoc/>
    public void DataSync()
    {
        if (!WindowsNative.Flush(file))
        {
            throw WindowsError.Last("sync", path);
        }
    }

    /// <inheritdoc/>
    public void SetLength(long length)
    {
        if (TrySet(WindowsNative.KindEndOfFile, length) is var code and not 0)
        {
            throw WindowsError.ToException("set length of", path, code);
        }
    }

    /// <inheritdoc/>
    public bool Allocate(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long end = checked(offset + length);

        // Setting a smaller allocation would cut the file.
        if (end <= GetLength())
        {
            return true;
        }

        int code = TrySet(WindowsNative.KindAllocation, end);
        if (WindowsError.IsUnsupported(code))
        {
            return false;
        }

        code = code == 0 ? TrySet(WindowsNative.KindEndOfFile, end) : code;
        return code == 0 ? true : throw WindowsError.ToException("allocate", path, code);
    }

    /// <summary>Windows has no such call.</summary>
    public void DropCache() => ObjectDisposedException.ThrowIf(file.IsClosed, this);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    internal static FileIdentity IdentityOf(SafeFileHandle file, string path)
    {
        ulong links = LinksOf(file, path);
        WindowsNative.FileId id;
        if (WindowsNative.GetInformation(
            file, WindowsNative.KindId, &id, (uint)sizeof(WindowsNative.FileId)))
        {
            // Both halves say something on ReFS; elsewhere the upper one is zero.
            return new FileIdentity(
                id.Volume, id.Low + (id.High * 0x9E37_79B9_7F4A_7C15), links);
        }

        WindowsNative.FileInformation found;
        if (!WindowsNative.GetInformation(file, &found))
        {
            throw WindowsError.Last("stat", path);
        }

        ulong index = ((ulong)found.IndexHigh << 32) | found.IndexLow;
        return new FileIdentity(found.Volume, index, links);
    }

    /// <summary>
    /// How many names it has. One that goes when the last handle is closed is a name no more: nobody can
    /// open it.
    /// </summary>
    internal static ulong LinksOf(SafeFileHandle file, string path)
    {
        WindowsNative.FileStandard found = StandardOf(file, path);
        return found.DeletePending != 0 ? 0 : found.Links;
    }

    private static WindowsNative.FileStandard StandardOf(SafeFileHandle file, string path)
    {
        WindowsNative.FileStandard found;
        return WindowsNative.GetInformation(
            file, WindowsNative.KindStandard, &found, (uint)sizeof(WindowsNative.FileStandard))
            ? found
            : throw WindowsError.Last("stat", path);
    }

    private void RequireOffset(string operation, long offset)
    {
        if (offset < 0)
        {
            throw new StorageIOException(
                operation, path, Errno.Invalid, $"The offset {offset} is negative");
        }
    }

    /// <summary>One call, waited for; gives how many bytes it took, and Windows's code.</summary>
    private int Transfer(bool write, byte* at, int count, long offset, out int code)
    {
        EventWaitHandle done = _done ??= new EventWaitHandle(false, EventResetMode.ManualReset);
        bool held = false;
        try
        {
            // The buffer is the system's until the call is over: no other thread closes the handle
            // between its beginning and its end.
            file.DangerousAddRef(ref held);
            nint handle = file.DangerousGetHandle();
            NativeOverlapped position = WindowsNative.At(offset);
            position.EventHandle = done.SafeWaitHandle.DangerousGetHandle();
            bool begun = write
                ? WindowsNative.Write(handle, at, (uint)count, null, &position)
                : WindowsNative.Read(handle, at, (uint)count, null, &position);
            code = begun ? 0 : Marshal.GetLastPInvokeError();
            if (code is not (0 or WindowsError.IoPending))
            {
                return 0;
            }

            uint taken;
            bool ended = WindowsNative.GetResult(handle, &position, &taken, wait: true);
            code = ended ? 0 : Marshal.GetLastPInvokeError();
            return ended ? (int)taken : 0;
        }
        finally
        {
            if (held)
            {
                file.DangerousRelease();
            }
        }
    }

    private int TrySet(int kind, long value) =>
        WindowsNative.SetInformation(file, kind, &value, sizeof(long))
            ? 0
            : Marshal.GetLastPInvokeError();
}
