namespace LogEngine.Index;

/// <summary>Goes through a whole tree in the order of its keys and checks all of it.</summary>
/// <remarks>
/// Keys and separators come by in one order: a separator is above all that came before it, and what
/// comes behind it is not below. So one key to compare with is enough to see that every key lies
/// where a search looks for it.
/// </remarks>
internal sealed unsafe class TreeWalk : IDisposable
{
    private readonly PageArena _arena;
    private KeyBuffer _last = new();
    private KeyBuffer _key = new();
    private int _lastLength;
    private bool _lastParts;
    private long _maxBirth;

    internal TreeWalk(PageArena arena) => _arena = arena;

    /// <summary>Entries seen by the last check.</summary>
    internal long Entries { get; private set; }

    /// <summary>Pages seen by the last check, those of long keys too.</summary>
    internal long Pages { get; private set; }

    /// <summary>Levels of the tree of the last check; 0 = it is empty.</summary>
    internal int Levels { get; private set; }

    /// <summary>Checks a tree that does not change meanwhile.</summary>
    /// <param name="root">Its topmost page; 0 = none.</param>
    /// <param name="count">Its entries.</param>
    /// <param name="generation">Its generation.</param>
    /// <exception cref="InvalidOperationException">It is broken.</exception>
    internal void Check(uint root, long count, long generation)
    {
        Entries = 0;
        Pages = 0;
        Levels = 0;
        _lastLength = 0;
        _lastParts = true;
        _maxBirth = generation;
        if (root != 0)
        {
            Page page = _arena[root];
            IndexInvariant.Require(page.Level <= IndexLimits.MaxDepth, "the root is a tree's page");
            Levels = page.Level + 1;
            Check(page, page.Level);
        }

        IndexInvariant.Require(Entries == count, "a tree has as many entries as it says");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _last.Dispose();
        _key.Dispose();
    }

    private void Check(Page page, int level)
    {
        Pages++;
        CheckLayout(page, level);
        if (level == 0)
        {
            IndexInvariant.Require(page.Count > 0, "a leaf is not empty");
            Entries += page.Count;
        }
        else
        {
            CheckChild(page, 0);
        }

        for (int i = 0; i < page.Count; i++)
        {
            CheckKey(page, i, level > 0);
            if (level > 0)
            {
                CheckChild(page, i + 1);
            }
        }
    }

    private void CheckChild(Page branch, int child)
    {
        uint id = branch.Child(child);
        IndexInvariant.Require(id != 0, "a branch has all its children");
        Check(_arena[id], branch.Level - 1);
    }

    private void CheckLayout(Page page, int level)
    {
        IndexInvariant.Require(page.Level == level, "a child is one level below");
        IndexInvariant.Require(page.Birth <= _maxBirth, "a page is not younger than its root");
        IndexInvariant.Require(page.Count <= page.Capacity, "entries fit into the arrays");
        int arrays = Page.HeadsOffset(page.PrefixLength)
            + (page.Capacity * Page.EntryBytes(page.Level));
        IndexInvariant.Require(
            page.PrefixLength <= Page.MaxPrefix
                && arrays <= page.HeapStart
                && page.HeapStart + page.HeapLive <= Page.Size,
            "prefix, arrays and records do not overlap");
        int live = 0;
        for (int i = 0; i < page.Count; i++)
        {
            ushort slot = page.Slots[i];
            int record = Slot.RecordBytes(page, slot);
            IndexInvariant.Require(
                record == 0
                    || (Slot.Offset(slot) >= page.HeapStart
                        && Slot.Offset(slot) + record <= Page.Size),
                "a record lies in its page");
            IndexInvariant.Require(
                Slot.HasOverflow(slot)
                    == (!Slot.IsInline(slot) && Slot.SuffixLength(page, slot) > Slot.MaxSuffix),
                "what is too long for a page lies outside, and nothing else");
            live += record;
        }

        IndexInvariant.Require(live == page.HeapLive, "records add up");
    }

    /// <summary>The next key, or the next separator, is above what came before.</summary>
    private void CheckKey(Page page, int at, bool parts)
    {
        int length = PageEntries.ReadKey(_arena, page, at, _key.Start);
        ushort slot = page.Slots[at];
        if (Slot.HasOverflow(slot))
        {
            CheckOverflow(page, Slot.OverflowPage(page, slot), length);
        }

        int order = new ReadOnlySpan<byte>(_last.Start, _lastLength)
            .SequenceCompareTo(new ReadOnlySpan<byte>(_key.Start, length));
        IndexInvariant.Require(
            order < 0 || (order == 0 && _lastParts && !parts),
            parts ? "a separator is above what is left of it" : "keys are in order");
        (_last, _key) = (_key, _last);
        _lastLength = length;
        _lastParts = parts;
    }

    private void CheckOverflow(Page page, uint first, int length)
    {
        for (uint id = first; id != 0; id = _arena[id].FirstChild)
        {
            Pages++;
            IndexInvariant.Require(
                _arena[id].Birth <= _maxBirth, "a long key is not younger than its root");
        }

        // Its first bytes are in the page as well.
        IndexInvariant.Require(
            length > page.PrefixLength
                && new ReadOnlySpan<byte>(_key.Start, page.PrefixLength)
                    .SequenceEqual(new ReadOnlySpan<byte>(page.Prefix, page.PrefixLength)),
            "a long key begins with its page's prefix");
    }
}
