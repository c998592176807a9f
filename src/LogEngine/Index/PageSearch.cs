using System.Runtime.CompilerServices;

namespace LogEngine.Index;

/// <summary>Where a key is, or would be, in a page.</summary>
/// <remarks>
/// Entries are ordered by head, then by suffix length up to nine, then by the bytes behind the
/// head: a suffix that is shorter than its head's eight bytes is padded with zeros, so among equal
/// heads the shorter one is the smaller key.
/// </remarks>
internal static unsafe class PageSearch
{
    /// <summary>How many entries of a page are below a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Find(PageArena arena, Page page, byte* key, int length, out bool found)
    {
        int prefix = page.PrefixLength;
        int count = page.Count;
        found = false;
        if (prefix != 0)
        {
            int order = CompareWithPrefix(page, key, length);
            if (order != 0)
            {
                return order < 0 ? 0 : count;
            }
        }

        ulong head = HeadSearch.HeadOf(key, length, prefix);
        ulong* heads = page.Heads;
        int at = HeadSearch.CountBelow(heads, count, head, page.IsLeaf);
        if (at == count || heads[at] != head)
        {
            return at;
        }

        int rest = length - prefix;
        if (rest <= Slot.HeadBytes && page.Slots[at] == rest)
        {
            found = true;
            return at;
        }

        return FindAmongEqual(arena, page, at, key, length, out found);
    }

    /// <summary>The child of a branch that a key belongs to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int FindChild(PageArena arena, Page branch, byte* key, int length)
    {
        int below = Find(arena, branch, key, length, out bool found);
        return found ? below + 1 : below;
    }

    /// <summary>
    /// 0 if the key begins with the page's prefix, otherwise on which side of all its keys it is.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int CompareWithPrefix(Page page, byte* key, int length)
    {
        int prefix = page.PrefixLength;
        if (prefix == sizeof(uint) && length >= sizeof(uint))
        {
            // The usual case: the keyspace id and nothing else.
            if (*(uint*)key == *(uint*)page.Prefix)
            {
                return 0;
            }
        }

        int shared = Math.Min(prefix, length);
        int order = new ReadOnlySpan<byte>(key, shared)
            .SequenceCompareTo(new ReadOnlySpan<byte>(page.Prefix, shared));
        return order != 0 ? order : length < prefix ? -1 : 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int FindAmongEqual(
        PageArena arena, Page page, int at, byte* key, int length, out bool found)
    {
        ulong* heads = page.Heads;
        int order = CompareEqualHead(arena, page, at, key, length);
        found = order == 0;
        if (order <= 0)
        {
            return at;
        }

        // Hundreds may share their head: first the last of them, then halving among them.
        int low = at + 1;
        int high = heads[at] == ulong.MaxValue
            ? page.Count
            : HeadSearch.CountBelow(heads, page.Count, heads[at] + 1, page.IsLeaf);
        while (low < high)
        {
            int middle = (low + high) >> 1;
            order = CompareEqualHead(arena, page, middle, key, length);
            if (order == 0)
            {
                found = true;
                return middle;
            }

            if (order < 0)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }

    /// <summary>The order of a key and an entry that begin with the same head.</summary>
    private static int CompareEqualHead(
        PageArena arena, Page page, int at, byte* key, int length)
    {
        const int Longer = Slot.HeadBytes + 1;
        int rest = length - page.PrefixLength;
        ushort slot = page.Slots[at];
        int suffix = Slot.SuffixLength(page, slot);
        if (rest <= Slot.HeadBytes || suffix <= Slot.HeadBytes)
        {
            return Math.Min(rest, Longer) - Math.Min(suffix, Longer);
        }

        int skip = page.PrefixLength + Slot.HeadBytes;
        ReadOnlySpan<byte> tail = new(key + skip, length - skip);
        return Slot.HasOverflow(slot)
            ? OverflowKey.CompareFrom(arena, Slot.OverflowPage(page, slot), skip, tail)
            : tail.SequenceCompareTo(new ReadOnlySpan<byte>(
                Slot.Tail(page, slot), suffix - Slot.HeadBytes));
    }
}
