namespace LogEngine.Index;

/// <summary>
/// Puts entries into pages; where there is no room, lays pages out anew or splits.
/// </summary>
internal sealed unsafe class TreeSplitter(TreeParts parts, TreePath path)
{
    /// <summary>
    /// So many insertions in a row at neighbouring places are taken for ascending.
    /// </summary>
    private const int AscendingRun = 8;

    /// <summary>
    /// What goes into a page, and what came of it: the first keeps the page's number, the others
    /// follow with their separators and go into the page above. They change roles at each level.
    /// </summary>
    private TreeEntry[] _incoming = new TreeEntry[IndexLimits.MaxPageEntries];
    private TreeEntry[] _made = new TreeEntry[IndexLimits.MaxPageEntries];
    private int _madeCount;

    /// <summary>Puts an entry into the path's leaf and mends what is above.</summary>
    /// <returns>The root, which may be a new page.</returns>
    internal uint Insert(int at, in TreeEntry entry)
    {
        uint root = path.PageAt(0);
        int depth = path.Leaf;
        uint id = path.PageAt(depth);
        _incoming[0] = entry;
        for (int first = 0, count = 1; ; first = 1, count = _madeCount)
        {
            Page page = parts.Arena[id];
            while (first < count && TryInsert(page, at, ref _incoming[first]))
            {
                first++;
                at++;
            }

            if (first == count)
            {
                return root;
            }

            Spread(id, at, _incoming.AsSpan(first, count - first));
            if (_madeCount == 1)
            {
                return root;
            }

            (_incoming, _made) = (_made, _incoming);
            if (depth > 0)
            {
                at = path.ChildAt(depth);
                depth--;
                id = path.PageAt(depth);
            }
            else
            {
                at = 0;
                id = NewRoot(page);
                root = id;
            }
        }
    }

    /// <summary>A branch over what came of the root.</summary>
    private uint NewRoot(Page below)
    {
        uint id = parts.NewPage();
        Page page = parts.Arena[id];
        PageLayout.Fill(parts, page, (byte)(below.Level + 1), null, 0, _incoming[0].Child);
        return id;
    }

    private bool TryInsert(Page page, int at, ref TreeEntry entry)
    {
        if (PageSearch.CompareWithPrefix(page, entry.Key, entry.Length) != 0
            || !PageEntries.HasRoom(
                page,
                Slot.RecordBytes(entry.Length - page.PrefixLength, entry.Expires != 0)))
        {
            return false;
        }

        PageLayout.InsertAt(parts, page, at, ref entry);
        PageEntries.NoteInsertion(page, at);
        return true;
    }

    /// <summary>Lays a page out anew, with what comes in, in as many pages as it takes.</summary>
    private void Spread(uint id, int at, Span<TreeEntry> incoming)
    {
        Page page = parts.Arena[id];
        byte level = page.Level;
        int run = page.Run;
        int count = page.Count;
        bool ascending = run >= AscendingRun && at == page.NextInsert;
        int cut = CutFor(page, at, incoming, ascending);

        EntryScratch scratch = parts.ScratchFor(level);
        scratch.Clear();
        scratch.AddFrom(parts.Arena, page, 0, at);
        foreach (ref TreeEntry entry in incoming)
        {
            scratch.Add(entry);
        }

        scratch.AddFrom(parts.Arena, page, at, count);
        _madeCount = 0;
        TreeEntry* entries = scratch.Entries;
        if (Fits(entries, scratch.Count, level))
        {
            cut = -1;
        }

        Distribute(id, level, page.FirstChild, entries, scratch.Count, default, cut);
        if (ascending && _madeCount <= 2)
        {
            // The run goes on where the next key of it will go.
            Page next = parts.Arena[_made[at == count ? _madeCount - 1 : 0].Child];
            next.Run = (byte)run;
            next.NextInsert = _madeCount == 1 ? at + incoming.Length : next.Count;
        }
    }

    /// <summary>
    /// Where to cut: behind what comes in ascending order, so that full pages stay behind; off a
    /// key without the prefix of all others; otherwise (-1) in the middle.
    /// </summary>
    private static int CutFor(Page page, int at, Span<TreeEntry> incoming, bool ascending)
    {
        int count = page.Count;
        if (count == 0)
        {
            return -1;
        }

        if (ascending)
        {
            return at == count ? at : at + incoming.Length;
        }

        // Such a key can only come before all or after all.
        ref TreeEntry entry = ref incoming[0];
        bool stranger = PageSearch.CompareWithPrefix(page, entry.Key, entry.Length) != 0;
        return !stranger ? -1 : at == 0 ? incoming.Length : at;
    }

    /// <summary>Fills one page, or cuts in two and goes on with both parts.</summary>
    private void Distribute(
        uint id,
        byte level,
        uint firstChild,
        TreeEntry* entries,
        int count,
        TreeEntry separator,
        int cut)
    {
        if (cut < 0 && Fits(entries, count, level))
        {
            Make(id, level, firstChild, entries, count, separator);
            return;
        }

        int middle = cut >= 0 ? cut : Middle(entries, count, level);
        Distribute(id, level, firstChild, entries, middle, separator, -1);
        TreeEntry* right = entries + middle;
        TreeEntry between = default;
        between.Key = right->Key;
        if (level == 0)
        {
            // As short as it can be and still be above the left part's last key.
            between.Length = PageLayout.SharedBytes(entries[middle - 1], *right) + 1;
            Distribute(0, level, 0, right, count - middle, between, -1);
        }
        else
        {
            between.Length = right->Length;
            between.Overflow = right->Overflow;
            Distribute(0, level, right->Child, right + 1, count - middle - 1, between, -1);
        }
    }

    private void Make(
        uint id,
        byte level,
        uint firstChild,
        TreeEntry* entries,
        int count,
        TreeEntry separator)
    {
        uint made = id != 0 ? id : parts.NewPage();
        PageLayout.Fill(parts, parts.Arena[made], level, entries, count, firstChild);
        separator.Child = made;
        _made[_madeCount++] = separator;
    }

    private static bool Fits(TreeEntry* entries, int count, byte level) =>
        PageLayout.BytesFor(entries, count, level, PageLayout.PrefixFor(entries, count))
            <= Page.Size;

    /// <summary>Where half of the bytes are before.</summary>
    private static int Middle(TreeEntry* entries, int count, byte level)
    {
        int prefix = PageLayout.PrefixFor(entries, count);
        int left = (PageLayout.BytesFor(entries, count, level, prefix)
            - Page.HeadsOffset(prefix)) / 2;
        int at = 0;
        while (left > 0)
        {
            left -= PageLayout.BytesFor(entries + at, 1, level, prefix) - Page.HeadsOffset(prefix);
            at++;
        }

        return Math.Clamp(at, 1, count - 1);
    }
}
