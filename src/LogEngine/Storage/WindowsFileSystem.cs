using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>Windows.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsFileSystem : IFileSystem
{
    private const uint NoAttributes = uint.MaxValue;
    private const uint DirectoryAttribute = 0x10;

    /// <inheritdoc/>
    public bool DirectoryExists(string path)
    {
        uint attributes = WindowsNative.GetAttributes(path);
        if (attributes != NoAttributes)
        {
            return (attributes & DirectoryAttribute) != 0
                ? true
                : throw new StorageIOException(
                    "open directory", path, Errno.NotDirectory, "Not a directory");
        }

        return WindowsNative.ToErrno(Marshal.GetLastPInvokeError()) == Errno.NotFound
            ? false
            : throw WindowsNative.LastError("open directory", path);
    }

    /// <inheritdoc/>
    public FileIdentity? TryIdentify(string path)
    {
        try
        {
            using SafeFileHandle found = OpenHandle(
                path, 0, WindowsNative.OpenExisting, WindowsNative.FlagDirectory);
            return WindowsFile.IdentityOf(found, path);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            return null;
        }
    }

    /// <summary>While the handle is open nobody renames or removes the directory.</summary>
    public IHeldDirectory Hold(string directory)
    {
        SafeFileHandle? handle = OpenHandle(
            Path.TrimEndingDirectorySeparator(directory),
            WindowsNative.GenericRead,
            WindowsNative.OpenExisting,
            WindowsNative.FlagDirectory,
            WindowsNative.ShareInPlace);
        try
        {
            DirectoryByPath held = new(this, directory, handle);
            handle = null;
            return held;
        }
        finally
        {
            handle?.Dispose();
        }
    }

    /// <summary>
    /// Nothing to do: a new file inherits its access from the directory. What was granted on the old
    /// file alone is not kept.
    /// </summary>
    public void KeepAccess(string of, IStorageFile on) => ArgumentNullException.ThrowIfNull(on);

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (DirectoryExists(full))
        {
            return;
        }

        if (Path.GetDirectoryName(full) is { } parent)
        {
            CreateDirectory(parent);
        }

        if (!WindowsNative.MakeDirectory(full, 0)
            && !(WindowsNative.ToErrno(Marshal.GetLastPInvokeError()) == Errno.Exists
                && DirectoryExists(full)))
        {
            throw WindowsNative.LastError("create directory", full);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory)
    {
        if (!DirectoryExists(directory))
        {
            throw new StorageIOException("list", directory, Errno.NotFound, "No such directory");
        }

        try
        {
            return [.. Directory.EnumerateFiles(directory).Select(path => Path.GetFileName(path))];
        }
        catch (UnauthorizedAccessException error)
        {
            throw new StorageIOException("list", directory, Errno.AccessDenied, error.Message);
        }
        catch (IOException error)
        {
            // The low half of the HRESULT is the system's code.
            int code = WindowsNative.ToErrno(error.HResult & 0xFFFF);
            throw new StorageIOException("list", directory, code, error.Message);
        }
    }

    /// <inheritdoc/>
    public IStorageFile Open(string path, OpenFlags flags)
    {
        bool direct = flags.HasFlag(OpenFlags.Direct);
        uint access = WindowsNative.GenericRead
            | (flags.HasFlag(OpenFlags.Write) ? WindowsNative.GenericWrite : 0);
        uint disposition = flags.HasFlag(OpenFlags.CreateNew)
            ? WindowsNative.CreateNew
            : WindowsNative.OpenExisting;
        uint extras = WindowsNative.FlagNormal | (direct ? WindowsNative.FlagNoBuffering : 0);
        return new WindowsFile(OpenHandle(path, access, disposition, extras), path, direct);
    }

    /// <inheritdoc/>
    public void Rename(string source, string target)
    {
        if (!WindowsNative.Move(source, target, WindowsNative.RenameReplaceDurably))
        {
            throw WindowsNative.LastError("rename", source);
        }
    }

    /// <inheritdoc/>
    public bool Unlink(string path)
    {
        if (WindowsNative.Delete(path))
        {
            return true;
        }

        return WindowsNative.ToErrno(Marshal.GetLastPInvokeError()) == Errno.NotFound
            ? false
            : throw WindowsNative.LastError("unlink", path);
    }

    /// <summary>
    /// Nothing to do: Windows cannot sync a directory, its file system journals names in order, and
    /// <see cref="Rename"/> writes through.
    /// </summary>
    public void SyncDirectory(string path) => ArgumentNullException.ThrowIfNull(path);

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        WindowsFileLock.TryTake(path, kind, create);

    /// <summary>Windows cannot ask without taking.</summary>
    public bool? IsLockedExclusively(string path) => null;

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect)
    {
        if (!DirectoryExists(directory))
        {
            throw new StorageIOException("probe", directory, Errno.NotFound, "No such directory");
        }

        string format = "unknown";
        try
        {
            format = new DriveInfo(Path.GetPathRoot(Path.GetFullPath(directory))!).DriveFormat;
        }
        catch (Exception error) when (error is IOException or ArgumentException)
        {
            // A network share has no drive; the name is only for people.
        }

        int block = Math.Max(4096, Environment.SystemPageSize);
        string? reason = tryDirect ? "not supported on this operating system" : null;
        return new StorageFacts(format, false, reason, 4096, block);
    }

    internal static SafeFileHandle OpenHandle(
        string path,
        uint access,
        uint disposition,
        uint flags,
        uint share = WindowsNative.ShareAll)
    {
        SafeFileHandle file = WindowsNative.CreateFile(
            path, access, share, 0, disposition, flags, 0);
        if (file.IsInvalid)
        {
            Exception error = WindowsNative.LastError("open", path);
            file.Dispose();
            throw error;
        }

        return file;
    }
}
