using LogEngine.Index;

namespace LogEngine.Unit.Index;

/// <summary>Goes through all pages of an index and checks what must hold of them.</summary>
internal static unsafe class TreeCheck
{
    /// <summary>
    /// Checks order, separators, levels and bytes of the published state; returns its pages.
    /// </summary>
    internal static long CountPages(OrderedIndex index)
    {
        using PinnedRoot pin = index.Pin();
        if (pin.PageId == 0)
        {
            return 0;
        }

        long entries = 0;
        long pages = Check(index.Arena, pin.PageId, [], null, ref entries);
        Assert.Equal(pin.Count, entries);
        return pages;
    }

    /// <summary>
    /// Every used page is in the published state: nothing leaks. No pin and no pending change.
    /// </summary>
    internal static void NothingLeaks(OrderedIndex index)
    {
        index.Reclaim();
        long pages = CountPages(index);
        index.Reclaim();
        Assert.Equal(0, index.Statistics.RetiredPages);
        Assert.Equal(pages, index.Statistics.UsedPages);
    }

    private static long Check(
        PageArena arena, uint id, byte[] low, byte[]? high, ref long entries)
    {
        Page page = arena[id];
        List<byte[]> keys = KeysOf(arena, page, out long pages);
        Assert.True(page.Count <= page.Capacity);
        int arrays = Page.HeadsOffset(page.PrefixLength)
            + (page.Capacity * Page.EntryBytes(page.Level));
        Assert.True(arrays <= page.HeapStart && page.HeapStart + page.HeapLive <= Page.Size);
        for (int i = 0; i < keys.Count; i++)
        {
            Assert.True(
                keys[i].AsSpan().SequenceCompareTo(i == 0 ? low : keys[i - 1]) >= (i == 0 ? 0 : 1));
            Assert.True(high is null || keys[i].AsSpan().SequenceCompareTo(high) < 0);
        }

        if (page.IsLeaf)
        {
            Assert.NotEqual(0, page.Count);
            entries += page.Count;
            return pages + 1;
        }

        for (int child = 0; child <= page.Count; child++)
        {
            Assert.Equal(page.Level - 1, arena[page.Child(child)].Level);
            pages += Check(
                arena,
                page.Child(child),
                child == 0 ? low : keys[child - 1],
                child == page.Count ? high : keys[child],
                ref entries);
        }

        return pages + 1;
    }

    /// <summary>All keys of a page, and how many overflow pages they have.</summary>
    private static List<byte[]> KeysOf(PageArena arena, Page page, out long overflowPages)
    {
        List<byte[]> keys = [];
        byte[] buffer = new byte[IndexLimits.MaxKeyBytes + Slot.HeadBytes];
        overflowPages = 0;
        fixed (byte* key = buffer)
        {
            for (int i = 0; i < page.Count; i++)
            {
                keys.Add(buffer[..PageEntries.ReadKey(arena, page, i, key)]);
                ushort slot = page.Slots[i];
                uint part = Slot.HasOverflow(slot) ? Slot.OverflowPage(page, slot) : 0;
                for (; part != 0; part = arena[part].FirstChild)
                {
                    overflowPages++;
                }
            }
        }

        return keys;
    }
}
