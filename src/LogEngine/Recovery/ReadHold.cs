using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// A directory held by somebody who only reads: it takes no part in LOCK and changes nothing, and
/// holds READERS shared, so that no file it may be in is recycled.
/// </summary>
internal sealed class ReadHold : IDisposable
{
    private const int Tries = 100_000;

    private readonly IHeldDirectory _held;
    private readonly IFileLock? _readers;

    private ReadHold(IHeldDirectory held, IFileLock? readers)
    {
        _held = held;
        _readers = readers;
    }

    /// <summary>The directory that was opened, whatever is at its path by now.</summary>
    internal IFileSystem Files => _held;

    /// <summary>Opens and holds it.</summary>
    /// <exception cref="StorageIOException">There is none, or it cannot be opened.</exception>
    /// <exception cref="DirectoryLockedException">READERS stays taken.</exception>
    internal static ReadHold Take(IFileSystem files, string directory)
    {
        IHeldDirectory held = files.Hold(directory);
        try
        {
            return new ReadHold(held, TakeReaders(held, directory));
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the directory open for who reads on after this was disposed.</summary>
    internal IDisposable Share() => _held.Share();

    public void Dispose()
    {
        _readers?.Dispose();
        _held.Dispose();
    }

    /// <summary>Null where there is no such file.</summary>
    private static IFileLock? TakeReaders(IHeldDirectory files, string directory)
    {
        string path = Path.Combine(directory, FileNames.Readers);
        try
        {
            // A writer holds it only for the moment in which it looks whether anybody does.
            IFileLock? held = null;
            for (int i = 0; i < Tries && held is null; i++)
            {
                held = files.TryLock(path, LockKind.Shared, create: false);
                Thread.Yield();
            }

            return held ?? throw new DirectoryLockedException(
                directory, "another process, which holds READERS exclusively");
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            // Never opened for writing by this version, or a copy: nobody recycles here.
            return null;
        }
    }
}
