namespace LogEngine.Storage;

/// <summary>Tries direct I/O out with a file of its own, which it removes.</summary>
/// <param name="files">The file system.</param>
/// <param name="directory">Where the file is made.</param>
/// <param name="alignment">Of offsets and lengths, in bytes.</param>
internal sealed class DirectProbe(IFileSystem files, string directory, int alignment)
{
    /// <summary>Null where it works, else why it does not.</summary>
    /// <param name="whyNotInOne">
    /// Asked after the writes with data sync: why such a write is not one call; null where it is.
    /// </param>
    internal string? Run(Func<IStorageFile, string?> whyNotInOne)
    {
        string path = Path.Combine(directory, FileNames.NewProbe());
        try
        {
            return Run(path, whyNotInOne);
        }
        catch (Exception error) when (error is StorageIOException or StorageFullException)
        {
            return error.Message;
        }
    }

    private string? Run(string path, Func<IStorageFile, string?> whyNotInOne)
    {
        try
        {
            using IStorageFile file = files.Open(path, OpenFlags.CreateNew | OpenFlags.Direct);
            using AlignedBuffer written = new(2 * alignment);
            using AlignedBuffer read = new(2 * alignment);

            // Both ways a log writes: into allocated blocks, and over blocks written before. The
            // second write covers only the second block.
            file.Allocate(0, written.Length);
            Chance.Fill(written.Span);
            file.Write(written.Span, 0, dataSync: true);
            Span<byte> second = written.Slice(alignment, alignment);
            Chance.Fill(second);
            file.Write(second, alignment, dataSync: true);
            if (whyNotInOne(file) is { } reason)
            {
                return reason;
            }

            int count = file.Read(read.Span, 0);
            if (count != written.Length || !read.Span.SequenceEqual(written.Span))
            {
                return "a direct read did not return what was written";
            }

            return SeesTheOtherWay(file, path, written, read)
                ? null
                : "what is written through the page cache and past it does not show the other way";
        }
        finally
        {
            files.Unlink(path);
        }
    }

    /// <summary>
    /// Whether the page cache and direct calls show each other's writes: a log writes some groups the one
    /// way and some the other.
    /// </summary>
    private bool SeesTheOtherWay(
        IStorageFile direct, string path, AlignedBuffer written, AlignedBuffer read)
    {
        using IStorageFile cached = files.Open(path, OpenFlags.Write);

        // Both blocks are in the cache now; then each is written the other way than it is read.
        cached.Read(read.Span, 0);
        Chance.Fill(written.Span);
        cached.Write(written.Slice(0, alignment), 0, dataSync: false);
        direct.Write(written.Slice(alignment, alignment), alignment, dataSync: false);
        int past = direct.Read(read.Slice(0, alignment), 0);
        int through = cached.Read(read.Slice(alignment, alignment), alignment);
        return past == alignment
            && through == alignment
            && read.Span.SequenceEqual(written.Span);
    }
}
