using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>Finds the first record at or after a time, by group times: they never go back.</summary>
internal static class TimeSearch
{
    /// <summary>The sequence, at most the durable one; null where all durable records are older.</summary>
    internal static long? Find(LogView view, IFileSystem files, long timeTicks)
    {
        SegmentMap map = view.Map;
        long durable = view.Durable;
        bool pastCache = view.ReadsPastCache;
        for (int i = StartIndex(map, files, pastCache, timeTicks); i < map.Segments.Length; i++)
        {
            Segment segment = map.Segments[i];
            if (segment.FirstSequence > durable)
            {
                return null;
            }

            if (!segment.TryPin())
            {
                continue;
            }

            try
            {
                if (FindIn(segment, files, pastCache, timeTicks) is { } sequence)
                {
                    sequence = Math.Max(sequence, map.LowWaterSequence);
                    return sequence <= durable ? sequence : null;
                }
            }
            finally
            {
                segment.Unpin();
            }
        }

        return null;
    }

    /// <summary>Last segment whose first group is older: the answer lies in it or in the next.</summary>
    private static int StartIndex(
        SegmentMap map, IFileSystem files, bool pastCache, long timeTicks)
    {
        int low = 0;
        int high = map.Segments.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (IsOlder(map.Segments[middle], files, pastCache, timeTicks))
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Max(0, low - 1);
    }

    private static bool IsOlder(
        Segment segment, IFileSystem files, bool pastCache, long timeTicks)
    {
        if (!segment.TryPin())
        {
            return true;
        }

        try
        {
            using FileWindow window = Open(segment, files, pastCache);
            return TryGroup(window, segment, segment.Header.Alignment, out GroupHeader first)
                && first.TimeTicks < timeTicks;
        }
        finally
        {
            segment.Unpin();
        }
    }

    private static long? FindIn(
        Segment segment, IFileSystem files, bool pastCache, long timeTicks)
    {
        SparseIndex index;
        using (IStorageFile file = SegmentFileReader.Open(files, segment, pastCache))
        {
            index = segment.IsSealed
                ? SegmentFileReader.LoadIndex(file, segment)
                : segment.Index ?? new SparseIndex();
        }

        SparseEntry floor = index.FloorByTime(timeTicks);
        long at = floor.Offset == 0 ? segment.Header.Alignment : floor.Offset;
        using FileWindow window = Open(segment, files, pastCache);
        while (TryGroup(window, segment, at, out GroupHeader group))
        {
            if (group.TimeTicks >= timeTicks && group.RecordCount > 0)
            {
                return group.FirstSequence;
            }

            at = FormatLimits.AlignUp(at + group.Length, segment.Header.Alignment);
        }

        return null;
    }

    private static FileWindow Open(Segment segment, IFileSystem files, bool pastCache) => new(
        SegmentFileReader.Open(files, segment, pastCache), segment.Header.Alignment, 64 << 10);

    /// <summary>
    /// The group at an offset, of those that do not change any more, which all durable ones are; false
    /// behind them.
    /// </summary>
    private static bool TryGroup(
        FileWindow window, Segment segment, long at, out GroupHeader group)
    {
        group = default;
        long end = segment.SettledEnd;
        if (at >= end)
        {
            return false;
        }

        if (!segment.Header.Identity.TryReadGroup(
            window.Read(at, GroupHeader.Size, end), at, out group))
        {
            throw new CorruptionException(segment.Path, at, "no valid group where one was written");
        }

        return true;
    }
}
