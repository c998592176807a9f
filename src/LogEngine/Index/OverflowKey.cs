namespace LogEngine.Index;

/// <summary>A key that is too long for its page, whole, in one or two pages of its own.</summary>
/// <remarks>
/// Whole, so that it stays where it is when its page is laid out anew with another prefix. It is
/// shared by all copies of the entry and retired with the last.
/// </remarks>
internal static unsafe class OverflowKey
{
    private const int PartBytes = Page.Size - Page.HeaderSize;

    internal static uint Store(PageArena arena, long generation, byte* key, int length)
    {
        uint next = 0;
        int parts = (length + PartBytes - 1) / PartBytes;
        for (int part = parts - 1; part >= 0; part--)
        {
            int from = part * PartBytes;
            int bytes = Math.Min(PartBytes, length - from);
            uint id = arena.Allocate();
            Page page = arena[id];
            page.Level = Page.OverflowLevel;
            page.Count = bytes;
            page.Birth = generation;
            page.FirstChild = next;
            Buffer.MemoryCopy(key + from, page.Prefix, PartBytes, bytes);
            next = id;
        }

        return next;
    }

    /// <summary>Copies the key and returns its length.</summary>
    internal static int Load(PageArena arena, uint first, byte* to)
    {
        int length = 0;
        for (uint id = first; id != 0;)
        {
            Page page = Part(arena, id);
            Buffer.MemoryCopy(page.Prefix, to + length, PartBytes, page.Count);
            length += page.Count;
            id = page.FirstChild;
        }

        return length;
    }

    /// <summary>The order of a key's rest and the stored key's, both from an offset on.</summary>
    internal static int CompareFrom(
        PageArena arena, uint first, int offset, ReadOnlySpan<byte> rest)
    {
        int skip = offset;
        for (uint id = first; id != 0;)
        {
            Page page = Part(arena, id);
            int bytes = page.Count;
            if (skip >= bytes)
            {
                skip -= bytes;
            }
            else
            {
                ReadOnlySpan<byte> stored = new(page.Prefix + skip, bytes - skip);
                int shared = Math.Min(stored.Length, rest.Length);
                int order = rest[..shared].SequenceCompareTo(stored[..shared]);
                if (order != 0 || stored.Length > shared)
                {
                    return order != 0 ? order : -1;
                }

                rest = rest[shared..];
                skip = 0;
            }

            id = page.FirstChild;
        }

        return rest.Length;
    }

    internal static void Release(PageArena arena, RetiredPages retired, uint first, long generation)
    {
        for (uint id = first; id != 0;)
        {
            uint next = Part(arena, id).FirstChild;
            retired.Release(id, generation);
            id = next;
        }
    }

    private static Page Part(PageArena arena, uint id)
    {
        Page page = arena[id];
        IndexInvariant.Require(
            page.Level == Page.OverflowLevel, "a long key is in overflow pages");
        return page;
    }
}
