using System.Runtime.CompilerServices;

namespace LogEngine.Index;

/// <summary>Looking keys up in a tree that does not change meanwhile.</summary>
internal static unsafe class TreeReader
{
    /// <summary>
    /// Header, prefix and the heads of a branch that is about three quarters full.
    /// </summary>
    private const int BranchLines = 16;

    /// <summary>All of a leaf: the value then comes with the heads and not after them.</summary>
    private const int LeafLines = Page.Size / 64;

    /// <summary>
    /// Side by side, the lines of eight leaves compete for the few loads that a core can have
    /// under way: only header and heads here, the value when its place is known.
    /// </summary>
    private const int LeafLinesSideBySide = 10;

    /// <summary>Which levels are not in the processor's caches anyway.</summary>
    private const int PrefetchLevels = 2;

    internal static bool TryGet(
        PageArena arena, uint root, ReadOnlySpan<byte> key, out IndexValue value)
    {
        value = default;
        if (root == 0)
        {
            return false;
        }

        fixed (byte* bytes = key)
        {
            Page page = arena[root];
            while (!page.IsLeaf)
            {
                RequireBranch(page);
                int child = PageSearch.FindChild(arena, page, bytes, key.Length);
                int level = page.Level;
                page = arena[page.Child(child)];
                if (level == 1)
                {
                    page.Prefetch(LeafLines);
                }
                else if (level <= PrefetchLevels)
                {
                    page.Prefetch(BranchLines);
                }
            }

            int at = PageSearch.Find(arena, page, bytes, key.Length, out bool found);
            if (found)
            {
                value = PageEntries.ReadValue(page, at);
            }

            return found;
        }
    }

    /// <summary>Looks several keys up, a few at a time side by side.</summary>
    /// <returns>How many there are.</returns>
    internal static int TryGetMany(
        PageArena arena,
        uint root,
        ReadOnlySpan<byte> keys,
        ReadOnlySpan<int> ends,
        Span<IndexValue> values,
        Span<bool> found)
    {
        if (root == 0)
        {
            values[..ends.Length].Clear();
            found[..ends.Length].Clear();
            return 0;
        }

        int hits = 0;
        fixed (byte* bytes = keys)
        {
            for (int i = 0; i < ends.Length; i += IndexLimits.KeysSideBySide)
            {
                int count = Math.Min(IndexLimits.KeysSideBySide, ends.Length - i);
                hits += GetFew(
                    arena,
                    root,
                    bytes,
                    i == 0 ? 0 : ends[i - 1],
                    ends.Slice(i, count),
                    values.Slice(i, count),
                    found.Slice(i, count));
            }
        }

        return hits;
    }

    /// <summary>One level for all keys, then the next: their cache misses overlap.</summary>
    private static int GetFew(
        PageArena arena,
        uint root,
        byte* keys,
        int start,
        ReadOnlySpan<int> ends,
        Span<IndexValue> values,
        Span<bool> found)
    {
        byte** pages = stackalloc byte*[IndexLimits.KeysSideBySide];
        Page top = arena[root];
        for (int i = 0; i < ends.Length; i++)
        {
            pages[i] = top.Start;
        }

        for (int level = top.Level; level > 0; level--)
        {
            int from = start;
            for (int i = 0; i < ends.Length; i++)
            {
                Page page = new(pages[i]);
                RequireBranch(page);
                Page child = arena[page.Child(
                    PageSearch.FindChild(arena, page, keys + from, ends[i] - from))];
                child.Prefetch(level == 1 ? LeafLinesSideBySide : BranchLines);
                pages[i] = child.Start;
                from = ends[i];
            }
        }

        return ReadLeaves(arena, pages, keys, start, ends, values, found);
    }

    private static int ReadLeaves(
        PageArena arena,
        byte** pages,
        byte* keys,
        int start,
        ReadOnlySpan<int> ends,
        Span<IndexValue> values,
        Span<bool> found)
    {
        int* places = stackalloc int[IndexLimits.KeysSideBySide];
        int hits = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            Page page = new(pages[i]);
            int length = ends[i] - start;
            places[i] = PageSearch.Find(arena, page, keys + start, length, out found[i]);
            if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
            {
                System.Runtime.Intrinsics.X86.Sse.Prefetch0(
                    page.Payloads + (places[i] * Page.ValueSize));
                System.Runtime.Intrinsics.X86.Sse.Prefetch0(page.Slots + places[i]);
            }

            start = ends[i];
        }

        for (int i = 0; i < ends.Length; i++)
        {
            values[i] = found[i] ? PageEntries.ReadValue(new Page(pages[i]), places[i]) : default;
            hits += found[i] ? 1 : 0;
        }

        return hits;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void RequireBranch(Page page) => IndexInvariant.Require(
        page.Level <= IndexLimits.MaxDepth, "the way to a leaf leads through branches");
}
