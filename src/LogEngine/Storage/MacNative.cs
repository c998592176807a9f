using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>macOS calls.</summary>
/// <remarks>
/// openat and fcntl take variable arguments, which Apple's arm64 convention passes on the stack while
/// everything else goes in eight registers. Unused arguments after the fixed ones fill the
/// registers, so that the ninth lands where the callee looks for it.
/// </remarks>
[SupportedOSPlatform("macos")]
internal static unsafe partial class MacNative
{
    internal const int OpenCreate = 0x200;
    internal const int OpenExclusive = 0x800;
    internal const int OpenDirectory = 0x100000;
    internal const int OpenCloseOnExec = 0x1000000;

    /// <summary>Nor does a terminal become the process's own.</summary>
    internal const int OpenNonBlocking = 0x4 | 0x20000;

    internal const int NoFollow = 0x20;

    internal const int Preallocate = 42;
    internal const int NoCache = 48;
    internal const int FullSync = 51;

    internal const int StatFileSystemSize = 2168;
    internal const int StatFileSystemNameAt = 72;

    private static readonly bool IsArm =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static int Open(FileDescriptor at, string name, int flags, uint mode) =>
        IsArm
            ? OpenArm(at, name, flags, 0, 0, 0, 0, 0, (nint)mode)
            : OpenX64(at, name, flags, mode);

    internal static int Control(FileDescriptor file, int command, nint argument) =>
        IsArm
            ? ControlArm(file, command, 0, 0, 0, 0, 0, 0, argument)
            : ControlX64(file, command, argument);

    internal static int Stat(FileDescriptor file, MacStat* result) =>
        IsArm ? StatArm(file, result) : StatX64(file, result);

    internal static int Stat(FileDescriptor at, string name, MacStat* result, int flags) =>
        IsArm ? StatAtArm(at, name, result, flags) : StatAtX64(at, name, result, flags);

    internal static int StatFileSystem(FileDescriptor file, byte* result) =>
        IsArm ? StatFileSystemArm(file, result) : StatFileSystemX64(file, result);

    /// <summary>A stream of entries over an open directory, which it takes over.</summary>
    internal static nint OpenEntries(int directory) =>
        IsArm ? OpenEntriesArm(directory) : OpenEntriesX64(directory);

    internal static byte* NextEntry(nint entries) =>
        IsArm ? NextEntryArm(entries) : NextEntryX64(entries);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "openat",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenX64(FileDescriptor at, string name, int flags, uint mode);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "openat",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenArm(
        FileDescriptor at,
        string name,
        int flags,
        nint r3,
        nint r4,
        nint r5,
        nint r6,
        nint r7,
        nint mode);

    [LibraryImport(
        PosixNative.Library, EntryPoint = "fdopendir$INODE64", SetLastError = true)]
    private static partial nint OpenEntriesX64(int directory);

    [LibraryImport(PosixNative.Library, EntryPoint = "fdopendir", SetLastError = true)]
    private static partial nint OpenEntriesArm(int directory);

    [LibraryImport(PosixNative.Library, EntryPoint = "readdir$INODE64", SetLastError = true)]
    private static partial byte* NextEntryX64(nint entries);

    [LibraryImport(PosixNative.Library, EntryPoint = "readdir", SetLastError = true)]
    private static partial byte* NextEntryArm(nint entries);

    [LibraryImport(PosixNative.Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlX64(FileDescriptor file, int command, nint argument);

    [LibraryImport(PosixNative.Library, EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlArm(
        FileDescriptor file,
        int command,
        nint r2,
        nint r3,
        nint r4,
        nint r5,
        nint r6,
        nint r7,
        nint argument);

    [LibraryImport(PosixNative.Library, EntryPoint = "fstat$INODE64", SetLastError = true)]
    private static partial int StatX64(FileDescriptor file, MacStat* result);

    [LibraryImport(PosixNative.Library, EntryPoint = "fstat", SetLastError = true)]
    private static partial int StatArm(FileDescriptor file, MacStat* result);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "fstatat$INODE64",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatAtX64(
        FileDescriptor at, string name, MacStat* result, int flags);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "fstatat",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatAtArm(
        FileDescriptor at, string name, MacStat* result, int flags);

    [LibraryImport(PosixNative.Library, EntryPoint = "fstatfs$INODE64", SetLastError = true)]
    private static partial int StatFileSystemX64(FileDescriptor file, byte* result);

    [LibraryImport(PosixNative.Library, EntryPoint = "fstatfs", SetLastError = true)]
    private static partial int StatFileSystemArm(FileDescriptor file, byte* result);

    /// <summary>struct stat with 64-bit inodes.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    internal struct MacStat
    {
        [FieldOffset(0)]
        internal int Device;

        [FieldOffset(4)]
        internal ushort Mode;

        [FieldOffset(6)]
        internal ushort Links;

        [FieldOffset(8)]
        internal ulong Inode;

        [FieldOffset(16)]
        internal uint Owner;

        [FieldOffset(20)]
        internal uint Group;

        [FieldOffset(96)]
        internal long Size;

        [FieldOffset(112)]
        internal int BlockSize;
    }

    /// <summary>fstore_t: all of it, after the physical end of the file.</summary>
    internal struct Store
    {
        internal uint Flags;
        internal int Position;
        internal long Offset;
        internal long Length;
        internal long Allocated;
    }
}
