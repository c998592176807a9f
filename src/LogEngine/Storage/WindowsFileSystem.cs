using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace LogEngine.Storage;

/// <summary>Windows. Readers share everything, also deletion: see <see cref="WindowsNames"/>.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsFileSystem : IFileSystem
{
    /// <inheritdoc/>
    public bool DirectoryExists(string path) =>
        WindowsNames.IsDirectoryOrNull(path) switch
        {
            null => false,
            true => true,
            false => throw new StorageIOException(
                "open directory", path, Errno.NotDirectory, "Not a directory"),
        };

    /// <inheritdoc/>
    public FileIdentity? TryIdentify(string path)
    {
        try
        {
            using SafeFileHandle found = OpenToAsk(IsAbove(path) ? PlaceOf(path) : path);
            return WindowsFile.IdentityOf(found, path);
        }
        catch (StorageIOException error)
            when (error.ErrorNumber is Errno.NotFound or Errno.NotDirectory)
        {
            return null;
        }
    }

    /// <summary>While the handle is open nobody renames or removes the directory.</summary>
    public IHeldDirectory Hold(string directory)
    {
        SafeFileHandle? handle = WindowsNames.Open(
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

        string? parent = Path.GetDirectoryName(full);
        if (parent is not null)
        {
            CreateDirectory(parent);
        }

        if (!WindowsNative.MakeDirectory(WindowsPath.Of(full), 0))
        {
            int code = Marshal.GetLastPInvokeError();
            if (WindowsError.ToErrno(code) != Errno.Exists || !DirectoryExists(full))
            {
                throw WindowsError.ToException("create directory", full, code);
            }
        }

        if (parent is not null)
        {
            SyncDirectory(parent);
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
            return
            [
                .. Directory.EnumerateFiles(WindowsPath.Of(directory))
                    .Select(path => Path.GetFileName(path)),
            ];
        }
        catch (UnauthorizedAccessException error)
        {
            throw new StorageIOException("list", directory, Errno.AccessDenied, error.Message);
        }
        catch (IOException error)
        {
            // The low half of the HRESULT is the system's code.
            throw WindowsError.ToException("list", directory, error.HResult & 0xFFFF);
        }
    }

    /// <inheritdoc/>
    public IStorageFile Open(string path, OpenFlags flags)
    {
        bool direct = flags.HasFlag(OpenFlags.Direct);
        uint access = WindowsNative.GenericRead
            | (flags.HasFlag(OpenFlags.Write) ? WindowsNative.GenericWrite : 0);
        uint disposition = (flags & OpenFlags.CreateNew) == OpenFlags.CreateNew
            ? WindowsNative.CreateNew
            : WindowsNative.OpenExisting;

        // Past the cache and through the drive's: together they make a write durable on return.
        uint extras = WindowsNative.FlagNormal | WindowsNative.FlagOverlapped
            | (direct ? WindowsNative.FlagNoBuffering | WindowsNative.FlagWriteThrough : 0);
        return new WindowsFile(
            WindowsNames.OpenFile(path, access, disposition, extras), path, direct);
    }

    /// <inheritdoc/>
    public void Rename(string source, string target) => WindowsNames.Rename(source, target);

    /// <inheritdoc/>
    public bool Unlink(string path) => WindowsNames.Unlink(path);

    /// <summary>
    /// Flushes the directory where its file system takes that, and does nothing where it refuses: a rename
    /// is written through by itself, and the sync of a new file writes the journal up to its name.
    /// </summary>
    public void SyncDirectory(string path)
    {
        SafeFileHandle directory;
        try
        {
            directory = WindowsNames.Open(
                path,
                WindowsNative.GenericRead | WindowsNative.GenericWrite,
                WindowsNative.OpenExisting,
                WindowsNative.FlagDirectory);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.AccessDenied)
        {
            return;
        }

        using (directory)
        {
            if (!WindowsNative.Flush(directory))
            {
                int code = Marshal.GetLastPInvokeError();
                if (!WindowsError.IsUnsupported(code)
                    && code is not (WindowsError.AccessDenied
                        or WindowsError.InvalidHandle
                        or WindowsError.InvalidParameter))
                {
                    throw WindowsError.ToException("sync directory", path, code);
                }
            }
        }
    }

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        WindowsFileLock.TryTake(path, kind, create);

    /// <inheritdoc/>
    public bool? IsLockedExclusively(string path) => WindowsFileLock.IsHeldExclusively(path);

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect) =>
        DirectoryExists(directory)
            ? new WindowsProbe(this, directory).Run(tryDirect)
            : throw new StorageIOException(
                "probe", directory, Errno.NotFound, "No such directory");

    /// <summary>
    /// Where a directory really is. Windows takes '..' off the text of a path; here it means above where
    /// the rest of the path leads, through whatever links.
    /// </summary>
    private static string PlaceOf(string path)
    {
        if (IsAbove(path))
        {
            string place = Path.TrimEndingDirectorySeparator(PlaceOf(Path.GetDirectoryName(path)!));
            return Path.GetDirectoryName(place) ?? place;
        }

        using SafeFileHandle found = OpenToAsk(path);
        return WindowsPath.OfHandle(found, path);
    }

    private static bool IsAbove(string path) => Path.GetFileName(path) is "..";

    private static SafeFileHandle OpenToAsk(string path) => WindowsNames.Open(
        path,
        WindowsNative.AccessAttributes,
        WindowsNative.OpenExisting,
        WindowsNative.FlagDirectory);
}
