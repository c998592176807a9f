using System.ComponentModel;
using System.Runtime.InteropServices;
using static LogEngine.Compare.Storage.LinuxCalls;

namespace LogEngine.Compare.Storage;

/// <summary>A file whose blocks are written and synced before it is measured.</summary>
/// <remarks>
/// Overwriting it changes no metadata, so a write with a data-sync flag is all that durability
/// costs. One thread writes at a time.
/// </remarks>
internal sealed unsafe class PreparedFile : IDisposable
{
    internal const int BlockBytes = 4096;
    internal const long DefaultLength = 256L << 20;

    private const int ZeroChunkBytes = 4 << 20;

    private readonly string _path;
    private readonly int _file;

    private PreparedFile(string path, int file, long length, string description, bool isDirect)
    {
        _path = path;
        _file = file;
        Length = length;
        Description = description;
        IsDirect = isDirect;
    }

    /// <summary>Bytes prepared; nothing is written beyond them.</summary>
    internal long Length { get; }

    /// <summary>How a durable write is made, for the table.</summary>
    internal string Description { get; }

    /// <summary>Whether writes pass the page cache by.</summary>
    internal bool IsDirect { get; }

    /// <summary>
    /// Creates and fills the file; buffered where asked for or where direct fails.
    /// </summary>
    internal static PreparedFile Create(string path, long length, bool direct, bool prepare)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException(
                "The device and bare engines use Linux system calls.");
        }

        PreparedFile? file = direct ? TryOpenDirect(path, length) : null;
        file ??= new PreparedFile(
            path,
            Checked(Open(path, ReadWrite | LinuxCalls.Create | CloseOnExec, 0x1A4), "open", path),
            length,
            direct ? "buffered + fdatasync (no direct I/O here)" : "buffered + fdatasync",
            isDirect: false);
        if (prepare)
        {
            file.FillWithZeros();
        }

        return file;
    }

    /// <summary>Writes whole blocks; durable on return where asked for.</summary>
    internal void WriteAt(byte* data, int length, long offset, bool durable)
    {
        IoVector vector = new() { Data = data, Length = length };
        int flags = durable && IsDirect ? DataSyncFlag : 0;
        nint written = flags == 0
            ? Write(_file, data, length, offset)
            : WriteVector(_file, &vector, 1, offset, flags);
        if (Checked(written, "write", _path) != length)
        {
            throw new IOException($"Short write to '{_path}': {written} of {length} bytes.");
        }

        if (durable && !IsDirect)
        {
            SyncData();
        }
    }

    /// <summary>Makes everything written so far durable.</summary>
    internal void SyncData() => Checked(DataSync(_file), "fdatasync", _path);

    /// <inheritdoc/>
    public void Dispose() => Checked(Close(_file), "close", _path);

    private static PreparedFile? TryOpenDirect(string path, long length)
    {
        int file = Open(path, ReadWrite | LinuxCalls.Create | CloseOnExec | Direct, 0x1A4);
        if (file < 0)
        {
            return null;
        }

        byte* block = (byte*)NativeMemory.AlignedAlloc(BlockBytes, BlockBytes);
        NativeMemory.Clear(block, BlockBytes);
        IoVector vector = new() { Data = block, Length = BlockBytes };
        bool works = WriteVector(file, &vector, 1, 0, DataSyncFlag) == BlockBytes;
        NativeMemory.AlignedFree(block);
        if (works)
        {
            return new PreparedFile(path, file, length, "direct + data-sync", isDirect: true);
        }

        Checked(Close(file), "close", path);
        return null;
    }

    private static int Checked(int result, string call, string path) =>
        (int)Checked((nint)result, call, path);

    private static nint Checked(nint result, string call, string path) => result >= 0
        ? result
        : throw new IOException(
            $"{call} '{path}' failed: "
            + new Win32Exception(Marshal.GetLastPInvokeError()).Message);

    private void FillWithZeros()
    {
        byte* zeros = (byte*)NativeMemory.AlignedAlloc(ZeroChunkBytes, BlockBytes);
        NativeMemory.Clear(zeros, ZeroChunkBytes);
        for (long offset = 0; offset < Length; offset += ZeroChunkBytes)
        {
            int chunk = (int)Math.Min(ZeroChunkBytes, Length - offset);
            WriteAt(zeros, chunk, offset, durable: false);
        }

        NativeMemory.AlignedFree(zeros);
        Checked(Sync(_file), "fsync", _path);
    }
}
