using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>Opening, renaming and removing by the rules of POSIX as far as Windows has them.</summary>
/// <remarks>
/// Since Windows 10 1709 NTFS can rename over a file, and remove one, that others have open, if they share
/// deletion: the name changes at once, and they keep what they have. Where the file system cannot
/// (FAT, older servers), the older calls do it, which fail while anybody has the target open.
/// </remarks>
[SupportedOSPlatform("windows")]
internal static unsafe class WindowsNames
{
    private const uint NoAttributes = uint.MaxValue;
    private const uint DirectoryAttribute = 0x10;

    /// <summary>FILE_RENAME_INFO: flags, the directory (none), length in bytes, the name.</summary>
    private const int RenameLengthAt = 16;
    private const int RenameNameAt = 20;

    /// <summary>Opens once. The caller closes it.</summary>
    internal static SafeFileHandle Open(
        string path,
        uint access,
        uint disposition,
        uint flags,
        uint share = WindowsNative.ShareAll)
    {
        SafeFileHandle file = TryOpen(path, access, disposition, flags, share, out int code);
        if (code == 0)
        {
            return file;
        }

        file.Dispose();
        throw WindowsError.ToException("open", path, code);
    }

    /// <summary>Opens a regular file and nothing else; waits a moment for who excludes it.</summary>
    internal static SafeFileHandle OpenFile(
        string path, uint access, uint disposition, uint flags)
    {
        WindowsPatience patience = new();
        while (true)
        {
            SafeFileHandle file = TryOpen(
                path, access, disposition, flags, WindowsNative.ShareAll, out int code);
            if (code == 0)
            {
                return Regular(file, path);
            }

            file.Dispose();
            if (code == WindowsError.AccessDenied && IsDirectory(path))
            {
                throw new StorageIOException(
                    "open", path, Errno.IsDirectory, "It is a directory, not a regular file");
            }

            // A name whose removal is pending is refused as one that may not be opened is. Only a
            // creation waits for it; who may not open a file is told at once.
            bool waits = code != WindowsError.AccessDenied
                || disposition == WindowsNative.CreateNew;
            if (!waits || !patience.WorthAnother(code))
            {
                throw WindowsError.ToException("open", path, code);
            }
        }
    }

    /// <summary>Null where nothing of that name exists.</summary>
    internal static bool? IsDirectoryOrNull(string path)
    {
        uint attributes = WindowsNative.GetAttributes(WindowsPath.Of(path));
        return attributes != NoAttributes
            ? (attributes & DirectoryAttribute) != 0
            : WindowsError.ToErrno(Marshal.GetLastPInvokeError()) == Errno.NotFound
                ? null
                : throw WindowsError.Last("look at", path);
    }

    /// <summary>
    /// Renames. By a handle that writes through: then NTFS flushes the rename before it returns.
    /// </summary>
    internal static void Rename(string source, string target)
    {
        WindowsPatience patience = new();
        int code;
        while ((code = RenameOnce(source, target)) != 0)
        {
            if (!patience.WorthAnother(code))
            {
                throw WindowsError.ToException(
                    $"rename '{Path.GetFileName(source)}' to", target, code);
            }
        }
    }

    /// <summary>Removes a name; false where there is none.</summary>
    internal static bool Unlink(string path)
    {
        WindowsPatience patience = new();
        int code;
        while ((code = UnlinkOnce(path)) != 0)
        {
            if (WindowsError.ToErrno(code) == Errno.NotFound)
            {
                return false;
            }

            if (!patience.WorthAnother(code))
            {
                throw WindowsError.ToException("unlink", path, code);
            }
        }

        return true;
    }

    private static SafeFileHandle TryOpen(
        string path, uint access, uint disposition, uint flags, uint share, out int code)
    {
        SafeFileHandle file = WindowsNative.CreateFile(
            WindowsPath.Of(path), access, share, 0, disposition, flags, 0);
        code = file.IsInvalid ? Marshal.GetLastPInvokeError() : 0;
        return file;
    }

    private static bool IsDirectory(string path)
    {
        uint attributes = WindowsNative.GetAttributes(WindowsPath.Of(path));
        return attributes != NoAttributes && (attributes & DirectoryAttribute) != 0;
    }

    /// <summary>A name may lead to a device or a pipe.</summary>
    private static SafeFileHandle Regular(SafeFileHandle file, string path)
    {
        if (WindowsNative.GetFileType(file) == WindowsNative.TypeDisk)
        {
            return file;
        }

        file.Dispose();
        throw new StorageIOException(
            "open", path, Errno.Invalid, "It is a device or a pipe, not a regular file");
    }

    /// <summary>Zero, or Windows's code.</summary>
    private static int RenameOnce(string source, string target)
    {
        int code = RenameByHandle(source, WindowsPath.Of(target));
        if (!IsUnknownCall(code))
        {
            return code;
        }

        return WindowsNative.Move(
            WindowsPath.Of(source), WindowsPath.Of(target), WindowsNative.MoveReplaceDurably)
            ? 0
            : Marshal.GetLastPInvokeError();
    }

    private static int RenameByHandle(string source, string target)
    {
        using SafeFileHandle file = TryOpen(
            source,
            WindowsNative.AccessDelete | WindowsNative.AccessAttributes,
            WindowsNative.OpenExisting,
            WindowsNative.FlagLink | WindowsNative.FlagWriteThrough,
            WindowsNative.ShareAll,
            out int code);
        if (code != 0)
        {
            return code;
        }

        int nameBytes = target.Length * sizeof(char);

        // One character more: the name is followed by a zero that its length does not count.
        byte[] rename = new byte[RenameNameAt + nameBytes + sizeof(char)];
        BinaryPrimitives.WriteUInt32LittleEndian(rename, WindowsNative.RenamePosix);
        BinaryPrimitives.WriteInt32LittleEndian(rename.AsSpan(RenameLengthAt), nameBytes);
        MemoryMarshal.AsBytes(target.AsSpan()).CopyTo(rename.AsSpan(RenameNameAt));
        fixed (byte* start = rename)
        {
            return WindowsNative.SetInformation(
                file, WindowsNative.KindRenameEx, start, (uint)rename.Length)
                ? 0
                : Marshal.GetLastPInvokeError();
        }
    }

    private static int UnlinkOnce(string path)
    {
        using SafeFileHandle file = TryOpen(
            path,
            WindowsNative.AccessDelete | WindowsNative.AccessAttributes,
            WindowsNative.OpenExisting,
            WindowsNative.FlagLink,
            WindowsNative.ShareAll,
            out int code);
        if (code != 0)
        {
            return code;
        }

        uint posix = WindowsNative.DeletePosix;
        if (WindowsNative.SetInformation(
            file, WindowsNative.KindDispositionEx, &posix, sizeof(uint)))
        {
            return 0;
        }

        code = Marshal.GetLastPInvokeError();
        if (!IsUnknownCall(code))
        {
            return code;
        }

        byte delete = 1;
        return WindowsNative.SetInformation(
            file, WindowsNative.KindDisposition, &delete, sizeof(byte))
            ? 0
            : Marshal.GetLastPInvokeError();
    }

    /// <summary>A kind of information that is not known is an invalid parameter.</summary>
    private static bool IsUnknownCall(int code) =>
        code == WindowsError.InvalidParameter || WindowsError.IsUnsupported(code);
}
