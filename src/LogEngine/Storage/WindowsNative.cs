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

    /// <summary>Reading, writing, deleting and renaming beside us, as elsewhere.</summary>
    internal const uint ShareAll = 7;

    internal const uint CreateNew = 1;
    internal const uint OpenExisting = 3;
    internal const uint OpenAlways = 4;

    /// <summary>Not deleting and renaming: what is open so stays where it is.</summary>
    internal const uint ShareInPlace = 3;

    internal const uint FlagNormal = 0x80;

    /// <summary>Without it a directory cannot be opened.</summary>
    internal const uint FlagDirectory = 0x0200_0000;
    internal const uint FlagNoBuffering = 0x2000_0000;

    internal const uint RenameReplaceDurably = 1 | 8;
    internal const uint LockFailImmediately = 1;
    internal const uint LockExclusive = 2;

    internal const int SetAllocation = 5;
    internal const int SetEndOfFile = 6;

    internal const int ErrorEndOfFile = 38;
    internal const int ErrorLockViolation = 33;
    internal const int ErrorAlreadyExists = 183;
    internal const int ErrorIoPending = 997;

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

    [LibraryImport(Kernel, EntryPoint = "ReadFile", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Read(
        SafeFileHandle file, byte* into, uint count, uint* done, NativeOverlapped* position);

    [LibraryImport(Kernel, EntryPoint = "WriteFile", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Write(
        SafeFileHandle file, byte* from, uint count, uint* done, NativeOverlapped* position);

    [LibraryImport(Kernel, EntryPoint = "FlushFileBuffers", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Flush(SafeFileHandle file);

    [LibraryImport(Kernel, EntryPoint = "SetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool SetInformation(
        SafeFileHandle file, int kind, long* value, uint size);

    [LibraryImport(Kernel, EntryPoint = "GetFileInformationByHandle", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool GetInformation(SafeFileHandle file, FileInformation* found);

    [LibraryImport(Kernel, EntryPoint = "LockFileEx", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Lock(
        SafeFileHandle file,
        uint flags,
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
        EntryPoint = "DeleteFileW",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    internal static partial bool Delete(string path);

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

    /// <summary>The error of this thread's last failed call, in the seam's numbers.</summary>
    internal static Exception LastError(string operation, string path)
    {
        int error = Marshal.GetLastPInvokeError();
        return Errno.ToException(
            operation, path, ToErrno(error), Marshal.GetPInvokeErrorMessage(error));
    }

    /// <summary>Codes that mean what an error number means; others stay as they are.</summary>
    internal static int ToErrno(int error) => error switch
    {
        2 or 3 => Errno.NotFound,
        5 or 32 => Errno.AccessDenied,
        80 or 183 => Errno.Exists,
        267 => Errno.NotDirectory,
        39 or 112 or 1295 => Errno.NoSpace,
        _ => error,
    };

    internal static NativeOverlapped At(long offset) =>
        new() { OffsetLow = (int)offset, OffsetHigh = (int)(offset >> 32) };

    /// <summary>BY_HANDLE_FILE_INFORMATION.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 52)]
    internal struct FileInformation
    {
        [FieldOffset(28)]
        internal uint Volume;

        [FieldOffset(32)]
        internal uint SizeHigh;

        [FieldOffset(36)]
        internal uint SizeLow;

        [FieldOffset(40)]
        internal uint Links;

        [FieldOffset(44)]
        internal uint IndexHigh;

        [FieldOffset(48)]
        internal uint IndexLow;
    }
}
