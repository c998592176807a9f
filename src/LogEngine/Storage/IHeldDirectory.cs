namespace LogEngine.Storage;

/// <summary>
/// A directory that is held open. Paths of names directly in it are taken relative to it, not looked
/// up again; so they lead into this directory even where it was moved, removed or replaced.
/// </summary>
/// <remarks>
/// It is a file system of this one directory: a path that leads elsewhere is a mistake of the
/// engine. Disposing lets go of the directory, unless it is shared; files opened through it stay open.
/// </remarks>
internal interface IHeldDirectory : IFileSystem, IDisposable
{
    /// <summary>The path it was opened by, without a separator at its end.</summary>
    string HeldPath { get; }

    /// <summary>What is held.</summary>
    FileIdentity GetIdentity();

    /// <summary>What its path leads to now; null where nothing is there any more.</summary>
    FileIdentity? TryIdentifyPath();

    /// <summary>
    /// Keeps it open for one more user: until what is returned is disposed too.
    /// </summary>
    IDisposable Share();

    /// <summary>Makes the name of the directory itself durable.</summary>
    void SyncParent();
}

/// <summary>A share of a held directory that has nothing open.</summary>
internal sealed class NoShare : IDisposable
{
    internal static NoShare Instance { get; } = new();

    /// <summary>Nothing to let go of.</summary>
    public void Dispose()
    {
    }
}
