using LogEngine.Index;

namespace LogEngine.Unit.Recovery;

/// <summary>What an index that had lost keys was like: out of order, a key twice.</summary>
internal static unsafe class DisorderedIndex
{
    /// <summary>
    /// In the only leaf, swaps the first two keys, and gives the last one the key before it.
    /// </summary>
    internal static void Make(OrderedIndex index)
    {
        using PinnedRoot pin = index.Pin();
        Page leaf = index.Arena[pin.PageId];
        Assert.True(leaf.IsLeaf && leaf.Count > 4);
        Int128* values = (Int128*)leaf.Payloads;
        (leaf.Heads[0], leaf.Heads[1]) = (leaf.Heads[1], leaf.Heads[0]);
        (leaf.Slots[0], leaf.Slots[1]) = (leaf.Slots[1], leaf.Slots[0]);
        (values[0], values[1]) = (values[1], values[0]);
        int last = leaf.Count - 1;
        Assert.True(Slot.IsInline(leaf.Slots[last]) && Slot.IsInline(leaf.Slots[last - 1]));
        leaf.Heads[last] = leaf.Heads[last - 1];
        leaf.Slots[last] = leaf.Slots[last - 1];
    }

    /// <summary>Gives an entry of the only leaf a version that it never had.</summary>
    internal static void MakeOlder(OrderedIndex index)
    {
        using PinnedRoot pin = index.Pin();
        Page leaf = index.Arena[pin.PageId];
        IndexValue value = PageEntries.ReadValue(leaf, 2);
        PageEntries.WriteValue(leaf, 2, value.Version - 1, value.Location);
    }
}
