using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>Linux and macOS; names are looked up from the root.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal class PosixFileSystem : IFileSystem
{
    /// <inheritdoc/>
    public bool DirectoryExists(string path)
    {
        PosixStatus? found = PosixStatus.Of(Place(path));
        return found is null or { IsDirectory: true }
            ? found is not null
            : throw Posix.ToException("open directory", path, Errno.NotDirectory);
    }

    /// <inheritdoc/>
    public FileIdentity? TryIdentify(string path)
    {
        try
        {
            return PosixStatus.Of(Place(path))?.Identity;
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotDirectory)
        {
            // A file is where a directory of the path was.
            return null;
        }
    }

    /// <inheritdoc/>
    public IHeldDirectory Hold(string directory) => PosixHeldDirectory.Open(directory);

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
        List<string> names = [];
        PosixPlace place = Place(directory);
        foreach ((string name, bool isCertain) in PosixEntries.List(place))
        {
            // What is behind a link may be a file; a name may be gone by now.
            if (isCertain || IsRegular(Place(Path.Combine(directory, name))))
            {
                names.Add(name);
            }
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

        FileDescriptor file = Posix.OpenFile(Place(path), access, extras);
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
        PosixPlace from = Place(source);
        PosixPlace to = Place(target);
        while (PosixNative.Rename(from.At, from.Name, to.At, to.Name) != 0)
        {
            if (Posix.Error == Errno.Busy)
            {
                throw new StorageIOException(
                    "replace",
                    target,
                    Errno.Busy,
                    "It is a mount point by itself, as a single file that is mounted into a "
                    + "container is, so it cannot be replaced; mount its directory instead");
            }

            Posix.ThrowUnlessInterrupted($"rename '{from.Name}' to", target);
        }
    }

    /// <inheritdoc/>
    public bool Unlink(string path)
    {
        PosixPlace place = Place(path);
        while (PosixNative.Unlink(place.At, place.Name, 0) != 0)
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
    public void KeepAccess(string of, IStorageFile on)
    {
        // A target that is a link is itself replaced: its mode says nothing.
        if (PosixStatus.Of(Place(of), followLinks: false) is { IsRegular: true } found)
        {
            ((PosixFile)on).TakeAccess(found);
        }
    }

    /// <summary>
    /// Opened anew for each sync: an error that nobody has heard of is told to every open that
    /// follows, but to an open directory only once, whoever asks.
    /// </summary>
    public void SyncDirectory(string path)
    {
        using FileDescriptor directory = Posix.OpenDirectory(Place(path));
        while (Posix.SyncWithMetadata(directory) != 0)
        {
            Posix.ThrowUnlessInterrupted("sync directory", path);
        }
    }

    /// <inheritdoc/>
    public IFileLock? TryLock(string path, LockKind kind, bool create) =>
        PosixFileLock.TryTake(Place(path), kind, create);

    /// <inheritdoc/>
    public bool? IsLockedExclusively(string path) =>
        PosixFileLock.IsHeldExclusively(Place(path));

    /// <inheritdoc/>
    public StorageFacts Probe(string directory, bool tryDirect) =>
        new PosixProbe(this, directory).Run(tryDirect);

    /// <summary>Where a path is looked up.</summary>
    internal virtual PosixPlace Place(string path) => PosixPlace.Of(path);

    private static bool IsRegular(PosixPlace place)
    {
        try
        {
            return PosixStatus.Of(place) is { IsRegular: true };
        }
        catch (StorageIOException)
        {
            // A link that leads in a circle, or where this process may not go.
            return false;
        }
    }
}
