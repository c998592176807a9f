namespace LogEngine.Index;

/// <summary>
/// Takes a range out of the tree: whole pages where it can, entries at its two ends.
/// </summary>
internal sealed unsafe class RangeRemover(TreeParts parts, RemovedVisitor visit) : IDisposable
{
    private const int PrefetchLines = 32;

    private readonly KeyBuffer _key = new();

    /// <summary>Entries that were taken out.</summary>
    internal long Removed { get; private set; }

    /// <summary>Takes out what is from one key on and below another; null = no bound.</summary>
    /// <returns>The page that is left, which may be a new one; 0 = nothing is left.</returns>
    internal uint Remove(uint id, byte* from, int fromLength, byte* to, int toLength)
    {
        if (from is null && to is null)
        {
            Drop(id);
            return 0;
        }

        uint own = parts.OwnPage(id);
        Page page = parts.Arena[own];
        return page.IsLeaf
            ? RemoveEntries(own, page, from, fromLength, to, toLength)
            : RemoveChildren(own, page, from, fromLength, to, toLength);
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private uint RemoveEntries(
        uint id, Page leaf, byte* from, int fromLength, byte* to, int toLength)
    {
        int low = from is null
            ? 0
            : PageSearch.Find(parts.Arena, leaf, from, fromLength, out _);
        int high = to is null
            ? leaf.Count
            : PageSearch.Find(parts.Arena, leaf, to, toLength, out _);
        Visit(leaf, low, high);
        PageEntries.ReleaseOverflow(parts, leaf, low, high);
        PageEntries.Remove(leaf, low, high);
        return LeftOf(id, leaf.Count == 0);
    }

    private uint RemoveChildren(
        uint id, Page branch, byte* from, int fromLength, byte* to, int toLength)
    {
        int low = from is null
            ? 0
            : PageSearch.FindChild(parts.Arena, branch, from, fromLength);
        int high = to is null
            ? branch.Count
            : PageSearch.FindChild(parts.Arena, branch, to, toLength);
        uint first = Remove(
            branch.Child(low), from, fromLength, low == high ? to : null, toLength);
        for (int child = low + 1; child < high; child++)
        {
            Prefetch(branch, child + 1, high);
            Drop(branch.Child(child));
        }

        uint last = low == high ? 0 : Remove(branch.Child(high), null, 0, to, toLength);
        return Keep(id, branch, low, first, high, last);
    }

    /// <summary>Leaves a branch with what is left of the children at both ends.</summary>
    private uint Keep(uint id, Page branch, int low, uint first, int high, uint last)
    {
        // Children low..high go, and with them the separators between them; up to two come back.
        // Each child that comes back needs a separator on its left, unless it is the leftmost.
        bool two = first != 0 && last != 0;
        if (first != 0)
        {
            branch.SetChild(low, first);
        }

        if (last != 0)
        {
            branch.SetChild(high, last);
        }

        // Separator i is left of child i + 1. Those of the dropped children go.
        if (two)
        {
            RemoveSeparators(branch, low, high - 1);
        }
        else if (first != 0)
        {
            RemoveSeparators(branch, low, high);
        }
        else if (last != 0)
        {
            branch.SetChild(low, last);
            RemoveSeparators(branch, low, high);
        }
        else if (low > 0)
        {
            RemoveSeparators(branch, low - 1, high);
        }
        else if (high < branch.Count)
        {
            branch.FirstChild = branch.Child(high + 1);
            RemoveSeparators(branch, 0, high + 1);
        }
        else
        {
            RemoveSeparators(branch, 0, branch.Count);
            return LeftOf(id, isEmpty: true);
        }

        return id;
    }

    private void RemoveSeparators(Page branch, int from, int to)
    {
        PageEntries.ReleaseOverflow(parts, branch, from, to);
        PageEntries.Remove(branch, from, to);
    }

    private uint LeftOf(uint id, bool isEmpty)
    {
        if (!isEmpty)
        {
            return id;
        }

        parts.Release(id);
        return 0;
    }

    private void Drop(uint id)
    {
        Page page = parts.Arena[id];
        if (page.IsLeaf)
        {
            Visit(page, 0, page.Count);
        }
        else
        {
            for (int child = 0; child <= page.Count; child++)
            {
                Prefetch(page, child + 1, page.Count + 1);
                Drop(page.Child(child));
            }
        }

        PageEntries.ReleaseOverflow(parts, page, 0, page.Count);
        parts.Release(id);
    }

    private void Prefetch(Page branch, int child, int end)
    {
        if (child < end)
        {
            parts.Arena[branch.Child(child)].Prefetch(PrefetchLines);
        }
    }

    private void Visit(Page leaf, int from, int to)
    {
        byte* key = _key.Start;
        int prefix = leaf.PrefixLength;
        Buffer.MemoryCopy(leaf.Prefix, key, IndexLimits.MaxKeyBytes, prefix);
        for (int i = from; i < to; i++)
        {
            ushort slot = leaf.Slots[i];
            int length = Slot.HasOverflow(slot)
                ? PageEntries.ReadKey(parts.Arena, leaf, i, key)
                : prefix + PageEntries.ReadSuffix(leaf, i, slot, key + prefix);
            IndexValue value = PageEntries.ReadValue(leaf, i);
            visit(new ReadOnlySpan<byte>(key, length), in value);
        }

        Removed += to - from;
    }
}

/// <summary>Told of each entry that a range removal takes out, in ascending order.</summary>
/// <remarks>It must not throw and must not call the index.</remarks>
/// <param name="key">Valid during the call.</param>
/// <param name="value">What the key had.</param>
internal delegate void RemovedVisitor(ReadOnlySpan<byte> key, in IndexValue value);
