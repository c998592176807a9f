using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>C library calls whose signature is the same on Linux and macOS.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal static unsafe partial class PosixNative
{
    internal const string Library = "libc";

    internal const int OpenReadOnly = 0;
    internal const int OpenReadWrite = 2;

    internal const int LockShared = 1;
    internal const int LockExclusive = 2;
    internal const int LockNonBlocking = 4;
    internal const int LockRelease = 8;

    [LibraryImport(Library, EntryPoint = "close")]
    internal static partial int Close(int file);

    [LibraryImport(Library, EntryPoint = "pread", SetLastError = true)]
    internal static partial nint Read(FileDescriptor file, byte* into, nuint count, long offset);

    [LibraryImport(Library, EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint Write(FileDescriptor file, byte* from, nuint count, long offset);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(FileDescriptor file);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int SetLength(FileDescriptor file, long length);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(FileDescriptor file, int operation);

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int SetMode(FileDescriptor file, uint mode);

    [LibraryImport(Library, EntryPoint = "fchown", SetLastError = true)]
    internal static partial int SetOwner(FileDescriptor file, uint owner, uint group);

    [LibraryImport(Library, EntryPoint = "closedir", SetLastError = true)]
    internal static partial int CloseEntries(nint entries);

    [LibraryImport(
        Library,
        EntryPoint = "renameat",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Rename(
        FileDescriptor sourceAt, string source, FileDescriptor targetAt, string target);

    [LibraryImport(
        Library,
        EntryPoint = "unlinkat",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Unlink(FileDescriptor at, string name, int flags);

    [LibraryImport(
        Library,
        EntryPoint = "mkdir",
        SetLastError = true,
        StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectory(string path, uint mode);
}
