using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>Windows calls and their numbers.</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class WindowsNative
{
    internal const uint GenericRead = 0x8000_0000;
    internal const uint GenericWrite = 0x4000_0000;

    /// <summary>DELETE: what renaming and removing by handle need.</summary>
    internal const uint AccessDelete = 0x1_0000;

    /// <summary>FILE_READ_ATTRIBUTES: asks what a file is; nobody's sharing mode is in its way.</summary>
    internal const uint AccessAttributes = 0x80;

    /// <summary>Reading, writing, deleting and renaming beside us, as elsewhere.</summary>
    internal const uint ShareAll = 7;

    /// <summary>Not deleting and renaming: what is open so stays where it is.</summary>
    internal const uint ShareInPlace = 3;

    internal const uint CreateNew = 1;
    internal const uint OpenExisting = 3;
    internal const uint OpenAlways = 4;

    internal const uint FlagNormal = 0x80;

    /// <summary>Without it a directory cannot be opened.</summary>
    internal const uint FlagDirectory = 0x0200_0000;

    /// <summary>A link itself, not what it leads to.</summary>
    internal const uint FlagLink = 0x0020_0000;

    internal const uint FlagNoBuffering = 0x2000_0000;
    internal const uint FlagOverlapped = 0x4000_0000;
    internal const uint FlagWriteThrough = 0x8000_0000;

    internal const uint MoveReplaceDurably = 1 | 8;
    internal const uint LockFailImmediately = 1;
    internal const uint LockExclusive = 2;

    // FILE_INFO_BY_HANDLE_CLASS.
    internal const int KindStandard = 1;
    internal const int KindDisposition = 4;
    internal const int KindAllocation = 5;
    internal const int KindEndOfFile = 6;
    internal const int KindStorage = 16;
    internal const int KindId = 18;
    internal const int KindDispositionEx = 21;
    internal const int KindRenameEx = 22;

    /// <summary>The name is gone at once, whoever has the file open; read-only or not.</summary>
    internal const uint DeletePosix = 1 | 2 | 0x10;

    /// <summary>Replaces what is there, whoever has it open; read-only or not.</summary>
    internal const uint RenamePosix = 1 | 2 | 0x40;

    internal const int TypeDisk = 1;

    private const string Kernel = "kernel32";

    [LibraryImport(
        Kernel,
        EntryPoint = "CreateFileW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    internal static partial SafeFileHandle CreateFile(
        string path,
        uint access,
        uint share,
        nint security,
        uint disposition,
        uint flags,
        nint template);

    [LibraryImport(Kernel, EntryPoint = "GetFileType", SetLastError = true)]
    internal static partial int GetFileType(SafeFileHandle file);

    [LibraryImport(Kernel, EntryPoint = "ReadFile", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Read(
        nint file, byte* into, uint count, uint* done, NativeOverlapped* position);

    [LibraryImport(Kernel, EntryPoint = "WriteFile", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Write(
        nint file, byte* from, uint count, uint* done, NativeOverlapped* position);

    [LibraryImport(Kernel, EntryPoint = "GetOverlappedResult", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetResult(
        nint file,
        NativeOverlapped* position,
        uint* done,
        [MarshalAs(UnmanagedType.Bool)] bool wait);

    [LibraryImport(Kernel, EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Flush(SafeFileHandle file);

    [LibraryImport(Kernel, EntryPoint = "SetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool SetInformation(
        SafeFileHandle file, int kind, void* value, uint size);

    [LibraryImport(Kernel, EntryPoint = "GetFileInformationByHandleEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetInformation(
        SafeFileHandle file, int kind, void* value, uint size);

    [LibraryImport(Kernel, EntryPoint = "GetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetInformation(SafeFileHandle file, FileInformation* found);

    [LibraryImport(Kernel, EntryPoint = "GetFinalPathNameByHandleW", SetLastError = true)]
    internal static partial uint GetFinalPath(
        SafeFileHandle file, char* path, uint length, uint flags);

    [LibraryImport(Kernel, EntryPoint = "GetVolumeInformationByHandleW", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetVolume(
        SafeFileHandle file,
        char* volumeName,
        uint volumeNameLength,
        uint* serialNumber,
        uint* longestName,
        uint* flags,
        char* fileSystemName,
        uint fileSystemNameLength);

    [LibraryImport(
        Kernel,
        EntryPoint = "GetDiskFreeSpaceW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetClusters(
        string directory,
        uint* sectorsPerCluster,
        uint* bytesPerSector,
        uint* freeClusters,
        uint* clusters);

    [LibraryImport(Kernel, EntryPoint = "LockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Lock(
        SafeFileHandle file,
        uint flags,
        uint reserved,
        uint lengthLow,
        uint lengthHigh,
        NativeOverlapped* position);

    [LibraryImport(Kernel, EntryPoint = "UnlockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Unlock(
        SafeFileHandle file,
        uint reserved,
        uint lengthLow,
        uint lengthHigh,
        NativeOverlapped* position);

    [LibraryImport(
        Kernel,
        EntryPoint = "MoveFileExW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Move(string source, string target, uint flags);

    [LibraryImport(
        Kernel,
        EntryPoint = "CreateDirectoryW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool MakeDirectory(string path, nint security);

    [LibraryImport(
        Kernel,
        EntryPoint = "GetFileAttributesW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    internal static partial uint GetAttributes(string path);

    internal static NativeOverlapped At(long offset) =>
        new() { OffsetLow = (int)offset, OffsetHigh = (int)(offset >> 32) };

    /// <summary>BY_HANDLE_FILE_INFORMATION.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 52)]
    internal struct FileInformation
    {
        [FieldOffset(28)]
        internal uint Volume;

        [FieldOffset(44)]
        internal uint IndexHigh;

        [FieldOffset(48)]
        internal uint IndexLow;
    }

    /// <summary>FILE_STANDARD_INFO.</summary>
    internal struct FileStandard
    {
        internal long Allocated;
        internal long Length;
        internal uint Links;
        internal byte DeletePending;
        internal byte IsDirectory;
    }

    /// <summary>FILE_ID_INFO: ReFS needs all 128 bits of the file's number.</summary>
    internal struct FileId
    {
        internal ulong Volume;
        internal ulong Low;
        internal ulong High;
    }

    /// <summary>FILE_STORAGE_INFO: sizes in bytes.</summary>
    internal struct StorageSizes
    {
        internal uint LogicalSector;
        internal uint AtomicSector;
        internal uint FastSector;
        internal uint EffectiveSector;
        internal uint Flags;
        internal uint SectorShift;
        internal uint PartitionShift;
    }
}
