using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>macOS calls.</summary>
/// <remarks>
/// open and fcntl take variable arguments, which Apple's arm64 convention passes on the stack while
/// everything else goes in eight registers. Six unused arguments after the two fixed ones fill the
/// registers, so that the ninth lands where the callee looks for it.
/// </remarks>
[SupportedOSPlatform("macos")]
internal static unsafe partial class MacNative
{
    internal const int OpenCreate = 0x200;
    internal const int OpenExclusive = 0x800;
    internal const int OpenDirectory = 0x100000;
    internal const int OpenCloseOnExec = 0x1000000;

    internal const int Preallocate = 42;
    internal const int NoCache = 48;
    internal const int FullSync = 51;

    internal const int StatFileSystemSize = 2168;
    internal const int StatFileSystemNameAt = 72;

    private static readonly bool IsArm =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    internal static int Open(string path, int flags, uint mode) =>
        IsArm ? OpenArm(path, flags, 0, 0, 0, 0, 0, 0, (nint)mode) : OpenX64(path, flags, mode);

    internal static int Control(FileDescriptor file, int command, nint argument) =>
        IsArm
            ? ControlArm(file, command, 0, 0, 0, 0, 0, 0, argument)
            : ControlX64(file, command, argument);

    internal static int Stat(FileDescriptor file, MacStat* result) =>
        IsArm ? StatArm(file, result) : StatX64(file, result);

    internal static int StatPath(string path, MacStat* result) =>
        IsArm ? StatPathArm(path, result) : StatPathX64(path, result);

    internal static int StatFileSystem(string path, byte* result) =>
        IsArm ? StatFileSystemArm(path, result) : StatFileSystemX64(path, result);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "open",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenX64(string path, int flags, uint mode);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "open",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenArm(
        string path, int flags, nint r2, nint r3, nint r4, nint r5, nint r6, nint r7, nint mode);

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
        EntryPoint = "stat$INODE64",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatPathX64(string path, MacStat* result);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "stat",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatPathArm(string path, MacStat* result);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "statfs$INODE64",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFileSystemX64(string path, byte* result);

    [LibraryImport(
        PosixNative.Library,
        EntryPoint = "statfs",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFileSystemArm(string path, byte* result);

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
