namespace LogEngine.CrashSim.Block;

/// <summary>
/// A disk in memory, by pages; those that are all zero are not kept. Copies share their pages.
/// </summary>
internal sealed class DiskPages
{
    internal const int PageSize = 4096;

    private readonly Dictionary<long, byte[]> _pages;
    private readonly long _length;

    private DiskPages(Dictionary<long, byte[]> pages, long length)
    {
        _pages = pages;
        _length = length;
    }

    /// <summary>Reads the first bytes of a file.</summary>
    internal static DiskPages Of(string path, long length)
    {
        DiskPages disk = new([], length);
        using FileStream file = File.OpenRead(path);
        byte[] part = new byte[1 << 20];
        for (long at = 0; at < length;)
        {
            int count = file.ReadAtLeast(
                part.AsSpan(0, (int)Math.Min(part.Length, length - at)), 1);
            if (part.AsSpan(0, count).ContainsAnyExcept((byte)0))
            {
                disk.Write(part.AsSpan(0, count), at);
            }

            at += count;
        }

        return disk;
    }

    internal DiskPages Clone() => new(new(_pages), _length);

    internal void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        for (int done = 0; done < bytes.Length;)
        {
            long number = (offset + done) / PageSize;
            int within = (int)((offset + done) % PageSize);
            ReadOnlySpan<byte> part =
                bytes.Slice(done, Math.Min(bytes.Length - done, PageSize - within));
            byte[] page = new byte[PageSize];
            if (part.Length < PageSize && _pages.TryGetValue(number, out byte[]? old))
            {
                old.CopyTo(page, 0);
            }

            part.CopyTo(page.AsSpan(within));
            if (page.AsSpan().ContainsAnyExcept((byte)0))
            {
                _pages[number] = page;
            }
            else
            {
                _pages.Remove(number);
            }

            done += part.Length;
        }
    }

    /// <summary>Makes a file that holds exactly this.</summary>
    internal void WriteTo(string path)
    {
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        file.SetLength(_length);
        foreach ((long number, byte[] page) in _pages)
        {
            RandomAccess.Write(file.SafeFileHandle, page, number * PageSize);
        }
    }

    /// <summary>Byte offset of the first page that differs; null where none does.</summary>
    internal long? FirstDifference(DiskPages other)
    {
        foreach (long number in _pages.Keys.Union(other._pages.Keys).Order())
        {
            if (!_pages.TryGetValue(number, out byte[]? page)
                || !other._pages.TryGetValue(number, out byte[]? otherPage)
                || !page.AsSpan().SequenceEqual(otherPage))
            {
                return number * PageSize;
            }
        }

        return null;
    }
}
