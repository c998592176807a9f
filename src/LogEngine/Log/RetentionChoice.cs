using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>
/// Which of the oldest segments are beyond a log's retention. Of the sealed ones, only those whose successor
/// is durable, so that what is truncated is durable and no sync is forced (docs/recovery.md, 'Retention').
/// </summary>
internal static class RetentionChoice
{
    /// <summary>Leading segments that may go at all; never the last.</summary>
    internal static int CountRemovable(SegmentMap map, long durable)
    {
        int count = 0;
        while (count < map.Segments.Length - 1
            && map.Segments[count].IsSealed
            && map.Segments[count].LastSequence < durable)
        {
            count++;
        }

        return count;
    }

    /// <summary>Those of the removable ones that have to go until the rest is no larger than that.</summary>
    internal static int CountByBytes(SegmentMap map, int removable, long maxBytes)
    {
        long total = map.Segments.Sum(s => s.ReadableEnd);
        int count = 0;
        while (count < removable && total > maxBytes)
        {
            total -= map.Segments[count++].ReadableEnd;
        }

        return count;
    }

    /// <summary>Those of the removable ones all of whose records were committed before a time.</summary>
    /// <exception cref="CorruptionException">A group that had to be looked at is damaged.</exception>
    internal static int CountByAge(
        LogView view, SegmentMap map, int removable, IFileSystem files, long timeTicks)
    {
        if (removable == 0 || map.Segments[0].Header.CreatedTicks >= timeTicks)
        {
            return 0;
        }

        long kept = TimeSearch.Find(view, files, timeTicks) ?? long.MaxValue;
        int count = 0;
        while (count < removable && map.Segments[count].LastSequence < kept)
        {
            count++;
        }

        return count;
    }
}
