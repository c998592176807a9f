using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>A file on Windows: positional reads and writes, durable by FlushFileBuffers.</summary>
[SupportedOSPlatform("windows")]
internal sealed unsafe class WindowsFile(SafeFileHandle file, string path, bool isDirect)
    : IStorageFile
{
    /// <inheritdoc/>
    public string Path => path;

    /// <inheritdoc/>
    public bool IsDirect => isDirect;

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => IdentityOf(file, path);

    /// <inheritdoc/>
    public long GetLength()
    {
        WindowsNative.FileInformation found = InformationOf(file, path);
        return ((long)found.SizeHigh << 32) | found.SizeLow;
    }

    /// <inheritdoc/>
    public int Read(Span<byte> buffer, long offset)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int done = 0;
        fixed (byte* start = buffer)
        {
            while (done < buffer.Length)
            {
                uint count;
                NativeOverlapped position = WindowsNative.At(offset + done);
                bool read = WindowsNative.Read(
                    file, start + done, (uint)(buffer.Length - done), &count, &position);
                if (!read && Marshal.GetLastPInvokeError() != WindowsNative.ErrorEndOfFile)
                {
                    throw WindowsNative.LastError("read", path);
                }

                if (!read || count == 0)
                {
                    break;
                }

                done += (int)count;
            }
        }

        return done;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes, long offset, bool dataSync)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        int done = 0;
        fixed (byte* start = bytes)
        {
            while (done < bytes.Length)
            {
                uint count;
                NativeOverlapped position = WindowsNative.At(offset + done);
                if (!WindowsNative.Write(
                    file, start + done, (uint)(bytes.Length - done), &count, &position))
                {
                    throw WindowsNative.LastError("write", path);
                }

                if (count == 0)
                {
                    throw new StorageIOException("write", path, Errno.Io, "Nothing was written");
                }

                done += (int)count;
            }
        }

        if (dataSync)
        {
            DataSync();
        }
    }

    /// <inheritdoc/>
    public void DataSync()
    {
        if (!WindowsNative.Flush(file))
        {
            throw WindowsNative.LastError("sync", path);
        }
    }

    /// <inheritdoc/>
    public void SetLength(long length) =>
        Set(WindowsNative.SetEndOfFile, length, "set length of");

    /// <inheritdoc/>
    public bool Allocate(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        long end = checked(offset + length);

        // Setting a smaller allocation would cut the file.
        if (end > GetLength())
        {
            Set(WindowsNative.SetAllocation, end, "allocate");
            Set(WindowsNative.SetEndOfFile, end, "allocate");
        }

        return true;
    }

    /// <summary>Windows has no such call.</summary>
    public void DropCache() => ObjectDisposedException.ThrowIf(file.IsClosed, this);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();

    internal static FileIdentity IdentityOf(SafeFileHandle file, string path)
    {
        WindowsNative.FileInformation found = InformationOf(file, path);
        ulong index = ((ulong)found.IndexHigh << 32) | found.IndexLow;
        return new FileIdentity(found.Volume, index, found.Links);
    }

    private static WindowsNative.FileInformation InformationOf(SafeFileHandle file, string path)
    {
        WindowsNative.FileInformation found;
        return WindowsNative.GetInformation(file, &found)
            ? found
            : throw WindowsNative.LastError("stat", path);
    }

    private void Set(int kind, long value, string operation)
    {
        if (!WindowsNative.SetInformation(file, kind, &value, sizeof(long)))
        {
            throw WindowsNative.LastError(operation, path);
        }
    }
}
