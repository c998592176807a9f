using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>Linux and macOS.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal sealed class PosixFileSystem : IFileSystem
{
    /// <inheritdoc/>
    public bool DirectoryExists(string path)
    {
        PosixStatus? found = PosixStatus.OfPath(path);
        return found is null or { IsDirectory: true }
            ? found is not null
            : throw Posix.ToException("open directory", path, Errno.NotDirectory);
    }

    /// <inheritdoc/>
    public void CreateDirectory(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (DirectoryExists(full))
        {
            return;
        }

        // The root always exists, so what is missing has a parent.
        string parent = Path.GetDirectoryName(full)!;
        CreateDirectory(parent);
        while (PosixNative.MakeDirectory(full, Posix.DirectoryMode) != 0)
        {
            if (Posix.Error == Errno.Exists && DirectoryExists(full))
            {
                // Somebody else made it just now; it is not known to be durable either.
                break;
            }

            Posix.ThrowUnlessInterrupted("create directory", full);
        }

        SyncDirectory(parent);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> ListFiles(string directory)
    {
        // Also gives a missing directory its error number.
        if (!DirectoryExists(directory))
        {
            throw Posix.ToException("list", directory, Errno.NotFound);
        }

        List<string> names = [];
        try
        {
            foreach (string path in Directory.EnumerateFiles(directory))
            {
                // Opening a pipe would hang and a device is not ours; a name may be gone by now.
                if (PosixStatus.OfPath(path) is { IsRegular: true })
                {
                    names.Add(Path.GetFileName(path));
                }
            }
        }
        catch (UnauthorizedAccessException)
        {
            throw Posix.ToException("list", directory, Errno.AccessDenied);
        }
        catch (IOException error) when (error is not StorageIOException)
        {
            throw Posix.ToException("list", directory, error.HResult);
        }

        return names;
    }

    /// <inheritdoc/>
    public IStorageFile Open(string path, OpenFlags flags)
    {
        bool direct = flags.HasFlag(OpenFlags.Direct);
        int access = flags.HasFlag(OpenFlags.Write)
            ? PosixNative.OpenReadWrite
            : PosixNative.OpenReadOnly;
        OpenExtras extras = direct ? OpenExtras.Direct : OpenExtras.None;
        if (flags.HasFlag(OpenFlags.CreateNew))
        {
            extras |= OpenExtras.Create | OpenExtras.Exclusive;
        }

        FileDescriptor file = Posix.Open(path, access, extras);
        if (direct && OperatingSystem.IsMacOS())
        {
            // A hint there, not a promise, so a refusal changes nothing.
            _ = MacNative.Control(file, MacNative.NoCache, 1);
        }

        return new PosixFile(file, path, direct);
    }

    /// <inheritdoc/>
    public void Rename(string source, string target)
    {
        while (PosixNative.Rename(source, target) != 0)
        {
            Posix.ThrowUnlessInterrupted("rename", source);
        }
    }

    /// <inheritdoc/>
    public bool Unlink(string path)
    {
        while (PosixNative.Unlink(path) != 0)
        {
            if (Posix.Error == Errno.NotFound)
            {
                return false;
            }

            Posix.ThrowUnlessInterrupted("unlink", path);
        }

        return true;
    }

    /// <inheritdoc/>
    public void SyncDirectory(string path)
    {
        using FileDescriptor directory = Posix.Open(
            path, PosixNative.OpenReadOnly, OpenExtras.Directory);
        while (PosixNative.Sync(directory) != 0)
        {
            Posix.ThrowUnlessInterrupted("sync directory", path);
        }
    }

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        PosixFileLock.TryTake(path, kind, create);

    /// <inheritdoc/>
    public bool? IsLockedExclusively(string path) => PosixFileLock.IsHeldExclusively(path);

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect) =>
        new PosixProbe(this, directory).Run(tryDirect);
}
