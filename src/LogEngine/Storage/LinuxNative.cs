using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>Linux calls, and the numbers that differ between its architectures.</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LinuxNative
{
    internal const int OpenCreate = 0x40;
    internal const int OpenExclusive = 0x80;
    internal const int OpenCloseOnExec = 0x80000;

    /// <summary>Nor does a terminal become the process's own.</summary>
    internal const int OpenNonBlocking = 0x800 | 0x100;

    /// <summary>pwritev2: this write alone is durable on return.</summary>
    internal const int WriteDataSync = 2;

    internal const int GetOpenFileLock = 36;
    internal const int SetOpenFileLock = 37;
    internal const short ReadLock = 0;
    internal const short WriteLock = 1;
    internal const short NoLock = 2;

    internal const int EmptyPath = 0x1000;
    internal const int NoFollow = 0x100;
    internal const uint StatBasic = 0x7FF;

    /// <summary>madvise: large pages wherever they fit.</summary>
    internal const int UseLargePages = 14;

    internal static readonly int OpenDirect = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.Arm64 => 0x10000,
        Architecture.Ppc64le => 0x20000,
        _ => 0x4000,
    };

    internal static readonly int OpenDirectory = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.Arm64 or Architecture.Ppc64le => 0x4000,
        _ => 0x10000,
    };

    internal static readonly int AdviseDropCache =
        RuntimeInformation.ProcessArchitecture == Architecture.S390x ? 6 : 4;

    /// <summary>The number of statx: newer architectures share one table.</summary>
    internal static readonly int StatNumber = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 332,
        Architecture.S390x => 379,
        Architecture.Ppc64le => 383,
        _ => 291,
    };

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "openat",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(FileDescriptor at, string name, int flags, uint mode);

    [LibraryImport(PosixNative.Library, EntryPoint = "pwritev2", SetLastError = true)]
    internal static partial nint WriteVector(
        FileDescriptor file, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport(PosixNative.Library, EntryPoint = "madvise", SetLastError = true)]
    internal static partial int AdviseMemory(void* address, nint length, int advice);

    [LibraryImport(PosixNative.Library, EntryPoint = "fdatasync", SetLastError = true)]
    internal static partial int DataSync(FileDescriptor file);

    [LibraryImport(PosixNative.Library, EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(FileDescriptor file, int mode, long offset, long length);

    /// <summary>Returns the error number itself.</summary>
    [LibraryImport(PosixNative.Library, EntryPoint = "posix_fadvise")]
    internal static partial int Advise(FileDescriptor file, long offset, long length, int advice);

    [LibraryImport(PosixNative.Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int ControlLock(FileDescriptor file, int command, LockRange* range);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "statx",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Stat(
        FileDescriptor file, string path, int flags, uint mask, Statx* result);

    /// <summary>The kernel's own call, for a C library that does not know it by name.</summary>
    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "syscall",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint StatByNumber(
        nint number, FileDescriptor file, string path, nint flags, nint mask, Statx* result);

    /// <summary>A stream of entries over an open directory, which it takes over.</summary>
    [LibraryImport(PosixNative.Library, EntryPoint = "fdopendir", SetLastError = true)]
    internal static partial nint OpenEntries(int directory);

    [LibraryImport(PosixNative.Library, EntryPoint = "readdir", SetLastError = true)]
    internal static partial byte* NextEntry(nint entries);

    /// <summary>The type is the first word of the result on every architecture.</summary>
    [LibraryImport(PosixNative.Library, EntryPoint = "fstatfs", SetLastError = true)]
    internal static partial int StatFileSystem(FileDescriptor file, uint* result);

    /// <summary>struct iovec.</summary>
    internal struct IoVector
    {
        internal byte* Start;
        internal nuint Length;
    }

    /// <summary>struct flock of 64-bit systems. The process id must be 0 for these locks.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    internal struct LockRange
    {
        [FieldOffset(0)]
        internal short Type;
    }

    /// <summary>struct statx: the same on every architecture.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    internal struct Statx
    {
        [FieldOffset(4)]
        internal uint BlockSize;

        [FieldOffset(16)]
        internal uint Links;

        [FieldOffset(20)]
        internal uint Owner;

        [FieldOffset(24)]
        internal uint Group;

        [FieldOffset(28)]
        internal ushort Mode;

        [FieldOffset(32)]
        internal ulong Inode;

        [FieldOffset(40)]
        internal long Size;

        [FieldOffset(136)]
        internal uint DeviceMajor;

        [FieldOffset(140)]
        internal uint DeviceMinor;
    }
}
