using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// Looks at a directory without taking its lock, and looks again where a writer may have changed it
/// meanwhile: what was found counts only once it holds still.
/// </summary>
/// <remarks>
/// Three things may be a writer's doing. A file that was listed and is gone: it was freed or replaced.
/// Damage beside a writer: the file was read while it changed. And what looks like the remains of a
/// dead writer, if one has come since: they are its own by now.
/// </remarks>
internal static class StillLook
{
    /// <summary>Damage that is still there after so many looks is damage.</summary>
    private const int Looks = 8;

    /// <summary>Looks until what is seen holds still.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="look">
    /// One look, told whether a writer has the directory open; null where that cannot be told.
    /// </param>
    /// <param name="isSuspect">
    /// Whether what was seen may be a writer's doing; it is disposed of if it is not believed.
    /// </param>
    internal static T Take<T>(
        IFileSystem files, string directory, Func<bool?, T> look, Func<T, bool> isSuspect)
    {
        for (int looks = 1; ; looks++)
        {
            bool? writer = HasWriter(files, directory);
            try
            {
                T seen = look(writer);
                bool holds = !isSuspect(seen)
                    || (writer == false
                        ? HasWriter(files, directory) == false
                        : looks >= Looks);
                if (holds)
                {
                    return seen;
                }

                (seen as IDisposable)?.Dispose();
            }
            catch (Exception error) when (looks < Looks
                && (IsGone(error)
                    || (error is CorruptionException
                        && (writer != false || HasWriter(files, directory) != false))))
            {
                // Whatever it is, it is met again if it is none of a writer's doing.
            }

            Thread.Yield();
        }
    }

    /// <summary>
    /// Whether a writer has the directory open; null where the system cannot tell. One without LOCK
    /// never had any.
    /// </summary>
    private static bool? HasWriter(IFileSystem files, string directory)
    {
        try
        {
            return files.IsLockedExclusively(Path.Combine(directory, FileNames.Lock));
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            return false;
        }
    }

    private static bool IsGone(Exception error) =>
        error is StorageIOException { ErrorNumber: Errno.NotFound };
}
