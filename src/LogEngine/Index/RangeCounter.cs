namespace LogEngine.Index;

/// <summary>Counts the entries of a range by the counts in the leaves' headers.</summary>
internal static unsafe class RangeCounter
{
    /// <summary>Leaves whose headers are on their way to the cache.</summary>
    private const int Ahead = 8;

    internal static long Count(
        PageArena arena, uint root, ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        if (root == 0 || (!to.IsEmpty && from.SequenceCompareTo(to) >= 0))
        {
            return 0;
        }

        fixed (byte* first = from)
        fixed (byte* end = to)
        {
            return Count(arena, arena[root], first, from.Length, end, to.Length);
        }
    }

    /// <summary>Entries of a page and all below it; null = no bound.</summary>
    private static long Count(
        PageArena arena, Page page, byte* from, int fromLength, byte* to, int toLength)
    {
        if (page.IsLeaf)
        {
            int begin = from is null ? 0 : PageSearch.Find(arena, page, from, fromLength, out _);
            int end = to is null ? page.Count : PageSearch.Find(arena, page, to, toLength, out _);
            return end - begin;
        }

        TreeReader.RequireBranch(page);
        int low = from is null ? 0 : PageSearch.FindChild(arena, page, from, fromLength);
        int high = to is null ? page.Count : PageSearch.FindChild(arena, page, to, toLength);
        long count = 0;
        for (int child = low; child <= high; child++)
        {
            if (child + Ahead <= high)
            {
                arena[page.Child(child + Ahead)].Prefetch(lines: 1);
            }

            byte* lower = child == low ? from : null;
            byte* upper = child == high ? to : null;
            count += Count(
                arena, arena[page.Child(child)], lower, fromLength, upper, toLength);
        }

        return count;
    }
}
