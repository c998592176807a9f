using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>Opens segments for reading and finds places in them.</summary>
internal static class SegmentFileReader
{
    /// <summary>Opens a segment: past the page cache while all of it is written that way.</summary>
    internal static IStorageFile Open(IFileSystem files, Segment segment, bool pastCache)
    {
        return pastCache && IsPastCache(segment)
            ? OpenPastCache(files, segment.Path)
            : files.Open(segment.Path, OpenFlags.Read);
    }

    /// <summary>Whether a segment of a log in direct mode is read past the page cache.</summary>
    internal static bool IsPastCache(Segment segment) => !segment.IsSealed && !segment.IsCached;

    /// <summary>Opens a file past the page cache, or through it where there is no other way.</summary>
    internal static IStorageFile OpenPastCache(IFileSystem files, string path)
    {
        try
        {
            return files.Open(path, OpenFlags.Direct);
        }
        catch (StorageIOException error)
            when (error.ErrorNumber == Errno.Invalid || Errno.IsUnsupported(error.ErrorNumber))
        {
            // The file system knows no direct I/O: then nobody writes past its cache either.
            return files.Open(path, OpenFlags.Read);
        }
    }

    /// <summary>The sparse index of a sealed segment: from memory, from its footer, or empty.</summary>
    internal static SparseIndex LoadIndex(IStorageFile file, Segment segment)
    {
        if (segment.Index is { } index)
        {
            return index;
        }

        int alignment = segment.Header.Alignment;
        long at = segment.ReadableEnd;
        long entries = 2 + (at / SegmentFooter.BytesPerEntry);
        int most = checked((int)FormatLimits.AlignUp(
            SegmentFooter.HeaderSize + (entries * SegmentFooter.EntrySize), alignment));
        using AlignedBuffer buffer = new(most);
        int read = file.Read(buffer.Span, at);
        SparseEntry[]? found = SegmentFooter.TryRead(
            buffer.Span[..read],
            segment.Header.SegmentId,
            segment.Header.Salt,
            at,
            segment.LastSequence);
        return found is null ? new SparseIndex() : new SparseIndex(found);
    }
}
