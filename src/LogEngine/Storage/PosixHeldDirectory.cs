using System.Runtime.Versioning;

namespace LogEngine.Storage;

/// <summary>A directory that is open: every name in it is taken relative to its descriptor.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
internal sealed class PosixHeldDirectory : PosixFileSystem, IHeldDirectory
{
    private readonly FileDescriptor _directory;

    /// <summary>Who has not disposed it yet; the descriptor is closed by the last one.</summary>
    private int _users;

    private readonly Use _own;

    private PosixHeldDirectory(FileDescriptor directory, string path)
    {
        _directory = directory;
        HeldPath = path;
        _own = new Use(this);
    }

    /// <inheritdoc/>
    public string HeldPath { get; }

    internal static PosixHeldDirectory Open(string path)
    {
        string trimmed = Path.TrimEndingDirectorySeparator(path);
        return new PosixHeldDirectory(
            Posix.OpenDirectory(PosixPlace.Of(trimmed)), trimmed);
    }

    /// <inheritdoc/>
    public FileIdentity GetIdentity() => PosixStatus.Of(_directory, HeldPath).Identity;

    /// <inheritdoc/>
    public FileIdentity? TryIdentifyPath()
    {
        try
        {
            return PosixStatus.Of(PosixPlace.Of(HeldPath))?.Identity;
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotDirectory)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public IDisposable Share() => new Use(this);

    /// <inheritdoc/>
    public void SyncParent() => SyncDirectory(Path.Combine(HeldPath, ".."));

    /// <inheritdoc/>
    public void Dispose() => _own.Dispose();

    /// <inheritdoc/>
    internal override PosixPlace Place(string path)
    {
        if (Path.TrimEndingDirectorySeparator(path) == HeldPath)
        {
            return new PosixPlace(_directory, ".", path);
        }

        return Path.GetDirectoryName(path) == HeldPath
            ? new PosixPlace(_directory, Path.GetFileName(path), path)
            : throw new InvalidOperationException(
                $"'{path}' is no name in the directory '{HeldPath}', which is held.");
    }

    /// <summary>One use; disposing it twice is disposing it once.</summary>
    private sealed class Use : IDisposable
    {
        private PosixHeldDirectory? _of;

        internal Use(PosixHeldDirectory of)
        {
            _of = of;
            Interlocked.Increment(ref of._users);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _of, null) is { } of
                && Interlocked.Decrement(ref of._users) == 0)
            {
                of._directory.Dispose();
            }
        }
    }
}
