using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>
/// Where some groups of a segment start, at least <see cref="SegmentFooter.BytesPerEntry"/> apart.
/// One writer, any number of readers.
/// </summary>
internal sealed class SparseIndex
{
    private SparseEntry[] _entries;
    private int _count;

    internal SparseIndex() => _entries = new SparseEntry[16];

    internal SparseIndex(SparseEntry[] entries)
    {
        _entries = entries;
        _count = entries.Length;
    }

    internal ReadOnlySpan<SparseEntry> Entries
    {
        get
        {
            // The count first: the array read after it holds at least that many.
            int count = Volatile.Read(ref _count);
            return Volatile.Read(ref _entries).AsSpan(0, count);
        }
    }

    /// <summary>Notes a group if it lies far enough behind the last one noted.</summary>
    internal void Note(long sequence, long offset, long timeTicks)
    {
        int count = _count;
        if (count > 0 && offset - _entries[count - 1].Offset < SegmentFooter.BytesPerEntry)
        {
            return;
        }

        if (count == _entries.Length)
        {
            SparseEntry[] larger = new SparseEntry[count * 2];
            _entries.CopyTo(larger, 0);
            Volatile.Write(ref _entries, larger);
        }

        _entries[count] = new SparseEntry(sequence, offset, timeTicks);
        Volatile.Write(ref _count, count + 1);
    }

    /// <summary>The last noted group that starts at or below a sequence; default if none.</summary>
    internal SparseEntry Floor(long sequence)
    {
        ReadOnlySpan<SparseEntry> entries = Entries;
        int low = 0;
        int high = entries.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (entries[middle].Sequence <= sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low == 0 ? default : entries[low - 1];
    }

    /// <summary>The last noted group whose time is below a time; default if none.</summary>
    internal SparseEntry FloorByTime(long timeTicks)
    {
        SparseEntry floor = default;
        foreach (SparseEntry entry in Entries)
        {
            if (entry.TimeTicks >= timeTicks)
            {
                break;
            }

            floor = entry;
        }

        return floor;
    }
}
