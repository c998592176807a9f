using System.Runtime.CompilerServices;

namespace LogEngine.Index;

/// <summary>
/// The tree that is being made: published pages are copied, its own changed in place.
/// </summary>
internal sealed unsafe class TreeWriter : IDisposable
{
    private readonly TreeParts _parts;
    private readonly TreePath _path = new();
    private readonly TreeSplitter _splitter;
    private readonly TreeMerger _merger;

    internal TreeWriter(TreeParts parts)
    {
        _parts = parts;
        _splitter = new TreeSplitter(parts, _path);
        _merger = new TreeMerger(parts, _path);
    }

    /// <summary>Topmost page; 0 = no entries.</summary>
    internal uint Root { get; private set; }

    internal long Count { get; private set; }

    /// <summary>Goes on from a state, for the next generation.</summary>
    internal void Start(uint root, long count, long generation)
    {
        Root = root;
        Count = count;
        _parts.Generation = generation;
        _path.IsNear = false;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal bool Put(byte* key, int length, in IndexValue value, out IndexValue old)
    {
        _parts.Arena.EnsureAvailable(TreeParts.MaxPagesPerChange);
        old = default;
        TreeEntry entry = default;
        entry.Key = key;
        entry.Length = length;
        (entry.Version, entry.Location, entry.Expires) = value;
        if (Root == 0)
        {
            Root = _parts.NewPage();
            Count = 1;
            PageLayout.Fill(_parts, _parts.Arena[Root], 0, &entry, 1, 0);
            return false;
        }

        if (!TryFindNear(key, length, out Page leaf, out int at, out bool found))
        {
            Root = _path.Own(_parts, Root, key, length);
            leaf = OwnedLeaf();
            at = PageSearch.Find(_parts.Arena, leaf, key, length, out found);
        }

        if (!found)
        {
            Root = Insert(at, ref entry);
            Count++;
            return false;
        }

        old = PageEntries.ReadValue(leaf, at);
        Overwrite(leaf, at, ref entry);
        return true;
    }

    /// <summary>Moves a key that is there.</summary>
    /// <returns>What it has now.</returns>
    internal IndexValue ReplaceLocation(byte* key, int length, ulong location)
    {
        Page leaf = OwnLeafOf(key, length, out int at);
        IndexValue value = PageEntries.ReadValue(leaf, at) with { Location = location };
        PageEntries.WriteValue(leaf, at, value.Version, location);
        return value;
    }

    /// <summary>Takes a key out that is there.</summary>
    internal void Remove(byte* key, int length)
    {
        Page leaf = OwnLeafOf(key, length, out int at);
        PageEntries.ReleaseOverflow(_parts, leaf, at, at + 1);
        PageEntries.Remove(leaf, at, at + 1);
        Root = Mend();
        Count--;
    }

    /// <summary>Takes a range out; null = no bound.</summary>
    internal long RemoveRange(
        byte* from, int fromLength, byte* to, int toLength, RemovedVisitor visit)
    {
        if (Root == 0)
        {
            return 0;
        }

        _parts.Arena.EnsureAvailable(TreeParts.MaxPagesPerChange);
        _path.IsNear = false;
        using RangeRemover remover = new(_parts, visit);
        Root = _merger.Lower(remover.Remove(Root, from, fromLength, to, toLength));
        Count -= remover.Removed;
        MendAt(from, fromLength);
        MendAt(to, toLength);
        return remover.Removed;
    }

    /// <summary>Takes a tree that was built for this generation.</summary>
    internal void Adopt(uint root, long count)
    {
        IndexInvariant.Require(Root == 0, "only an empty index is built");
        Root = root;
        Count = count;
    }

    /// <summary>Frees the pages of the tree that is given up.</summary>
    internal void FreeOwn() => FreeOwn(Root);

    /// <inheritdoc/>
    public void Dispose()
    {
        _splitter.Dispose();
        _parts.Dispose();
    }

    private Page OwnedLeaf() => _parts.Arena[_path.PageAt(_path.Leaf)];

    /// <summary>
    /// Looks in the leaf of the last key, without going down to it: whoever goes through keys in order
    /// finds most of them there.
    /// </summary>
    /// <returns>False where the key may belong to another leaf.</returns>
    private bool TryFindNear(byte* key, int length, out Page leaf, out int at, out bool found)
    {
        leaf = default;
        at = 0;
        found = false;
        if (!_path.IsNear)
        {
            return false;
        }

        leaf = OwnedLeaf();
        at = PageSearch.Find(_parts.Arena, leaf, key, length, out found);
        return found || (at > 0 && at < leaf.Count);
    }

    private Page OwnLeafOf(byte* key, int length, out int at)
    {
        _parts.Arena.EnsureAvailable(TreeParts.MaxPagesPerChange);
        Root = _path.Own(_parts, Root, key, length);
        Page leaf = OwnedLeaf();
        at = PageSearch.Find(_parts.Arena, leaf, key, length, out bool found);
        IndexInvariant.Require(found, "a key that is there stays there in a copy");
        return leaf;
    }

    private void Overwrite(Page leaf, int at, ref TreeEntry entry)
    {
        ushort slot = leaf.Slots[at];
        bool hadExpiry = Slot.HasExpiry(slot);
        if (hadExpiry == (entry.Expires != 0))
        {
            PageEntries.WriteValue(leaf, at, entry.Version, entry.Location);
            if (hadExpiry)
            {
                Slot.SetExpiry(leaf, slot, entry.Expires);
            }

            return;
        }

        // Its record changes size: out and in again, with the same overflow page.
        if (Slot.HasOverflow(slot))
        {
            entry.Overflow = Slot.OverflowPage(leaf, slot);
        }

        PageEntries.Remove(leaf, at, at + 1);
        Root = Insert(at, ref entry);
    }

    private uint Insert(int at, ref TreeEntry entry)
    {
        _path.IsNear = false;
        return _splitter.Insert(at, ref entry);
    }

    private uint Mend()
    {
        _path.IsNear = false;
        return _merger.Mend();
    }

    /// <summary>Joins pages at the edge that a range left behind.</summary>
    private void MendAt(byte* key, int length)
    {
        if (key is not null && Root != 0)
        {
            Root = _path.Own(_parts, Root, key, length);
            Root = Mend();
        }
    }

    /// <summary>Frees a page of the tree that is being made and all below it.</summary>
    internal void FreeOwn(uint id)
    {
        if (id == 0 || _parts.Arena[id].Birth != _parts.Generation)
        {
            return;
        }

        Page page = _parts.Arena[id];
        for (int child = 0; !page.IsLeaf && child <= page.Count; child++)
        {
            FreeOwn(page.Child(child));
        }

        for (int i = 0; i < page.Count; i++)
        {
            ushort slot = page.Slots[i];
            if (Slot.HasOverflow(slot))
            {
                FreeOwnOverflow(Slot.OverflowPage(page, slot));
            }
        }

        _parts.Arena.Release(id);
    }

    private void FreeOwnOverflow(uint first)
    {
        for (uint id = first; id != 0 && _parts.Arena[id].Birth == _parts.Generation;)
        {
            uint next = _parts.Arena[id].FirstChild;
            _parts.Arena.Release(id);
            id = next;
        }
    }
}
