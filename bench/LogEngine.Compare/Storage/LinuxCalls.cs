using System.Runtime.InteropServices;

namespace LogEngine.Compare.Storage;

/// <summary>
/// The system calls of the floor and of the bare loop, without anything in between.
/// </summary>
/// <remarks>
/// Not the engine's own calls on purpose: a fault in those must not move the line they are
/// measured against.
/// </remarks>
internal static unsafe partial class LinuxCalls
{
    internal const int ReadOnly = 0;
    internal const int ReadWrite = 2;
    internal const int Create = 0x40;
    internal const int CloseOnExec = 0x80000;
    internal const int DataSyncFlag = 2;

    /// <summary>O_DIRECT, which is not the same bit on every processor.</summary>
    internal static int Direct => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.Arm64 or Architecture.Arm => 0x10000,
        _ => 0x4000,
    };

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(int file);

    [LibraryImport("libc", EntryPoint = "pwrite64", SetLastError = true)]
    internal static partial nint Write(int file, byte* data, nint length, long offset);

    [LibraryImport("libc", EntryPoint = "pread64", SetLastError = true)]
    internal static partial nint Read(int file, byte* data, nint length, long offset);

    [LibraryImport("libc", EntryPoint = "pwritev2", SetLastError = true)]
    internal static partial nint WriteVector(
        int file, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int DataSync(int file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(int file);

    /// <summary>What is asked of <see cref="StatusOf"/>: its blocks.</summary>
    internal const uint BlocksWanted = 0x400;

    /// <summary>Fills a struct statx; paths are absolute.</summary>
    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int StatusOf(
        int directory, string path, int flags, uint wanted, byte* status);

    /// <summary>struct iovec.</summary>
    internal struct IoVector
    {
        internal byte* Data;
        internal nint Length;
    }
}
