namespace LogEngine.Index;

/// <summary>
/// Puts entries into pages; where there is no room, lays pages out anew or splits.
/// </summary>
internal sealed unsafe class TreeSplitter(TreeParts parts, TreePath path) : IDisposable
{
    /// <summary>
    /// So many insertions in a row at neighbouring places are taken for ascending.
    /// </summary>
    private const int AscendingRun = 8;

    /// <summary>
    /// What goes into a page, and what came of it: the first keeps the page's number, the others
    /// follow with their separators and go into the page above. They change roles at each level.
    /// Both own the keys in them, so that no level can overwrite what another one still needs.
    /// </summary>
    private EntryScratch _incoming = new(parts.Arena.Poisons);
    private EntryScratch _made = new(parts.Arena.Poisons);

    /// <summary>Puts an entry into the path's leaf and mends what is above.</summary>
    /// <returns>The root, which may be a new page.</returns>
    internal uint Insert(int at, ref TreeEntry entry)
    {
        uint root = path.PageAt(0);
        int depth = path.Leaf;
        uint id = path.PageAt(depth);
        if (TryInsert(parts.Arena[id], at, ref entry))
        {
            return root;
        }

        _incoming.Clear();
        _incoming.Add(in entry);
        Spread(id, at, first: 0);
        while (_made.Count > 1)
        {
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
                id = NewRoot(parts.Arena[id]);
                root = id;
            }

            if (TryInsertAll(id, ref at, out int left))
            {
                return root;
            }

            Spread(id, at, left);
        }

        return root;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _incoming.Dispose();
        _made.Dispose();
    }

    /// <summary>A branch over what came of the root.</summary>
    private uint NewRoot(Page below)
    {
        uint id = parts.NewPage();
        Page page = parts.Arena[id];
        PageLayout.Fill(
            parts, page, (byte)(below.Level + 1), null, 0, _incoming.Entries[0].Child);
        return id;
    }

    /// <summary>Puts separators into a branch, as far as there is room.</summary>
    /// <param name="id">The branch.</param>
    /// <param name="at">Where; moves on with each that is in.</param>
    /// <param name="left">The first of those that came in that has no room.</param>
    private bool TryInsertAll(uint id, ref int at, out int left)
    {
        Page page = parts.Arena[id];

        // The first is the page that was split, which its branch knows already.
        for (left = 1; left < _incoming.Count; left++)
        {
            ref TreeEntry separator = ref _incoming.Entries[left];
            RequireBetween(page, at, in separator);
            if (!TryInsert(page, at, ref separator))
            {
                return false;
            }

            at++;
        }

        return true;
    }

    /// <summary>
    /// A separator belongs between the children that it parts: one with another key's bytes would
    /// hide keys, so it must not get in.
    /// </summary>
    private void RequireBetween(Page branch, int at, in TreeEntry separator)
    {
        IndexInvariant.Require(
            PageSearch.Find(
                parts.Arena, branch, separator.Key, separator.Length, out bool found) == at
                && !found,
            "a separator parts the children that it lies between");
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
    /// <param name="id">The page.</param>
    /// <param name="at">Where what comes in goes.</param>
    /// <param name="first">The first of it.</param>
    private void Spread(uint id, int at, int first)
    {
        Page page = parts.Arena[id];
        byte level = page.Level;
        int run = page.Run;
        int count = page.Count;
        int incoming = _incoming.Count - first;
        bool ascending = run >= AscendingRun && at == page.NextInsert;
        int cut = CutFor(page, at, in _incoming.Entries[first], incoming, ascending);

        EntryScratch scratch = parts.Scratch;
        scratch.Clear();
        scratch.AddFrom(parts.Arena, page, 0, at);
        for (int i = first; i < _incoming.Count; i++)
        {
            scratch.Add(in _incoming.Entries[i]);
        }

        scratch.AddFrom(parts.Arena, page, at, count);
        _made.Clear();
        TreeEntry* entries = scratch.Entries;
        if (Fits(entries, scratch.Count, level))
        {
            cut = -1;
        }

        Distribute(id, level, page.FirstChild, entries, scratch.Count, default, cut);
        if (ascending && _made.Count <= 2)
        {
            // The run goes on where the next key of it will go.
            Page next = parts.Arena[_made.Entries[at == count ? _made.Count - 1 : 0].Child];
            next.Run = (byte)run;
            next.NextInsert = _made.Count == 1 ? at + incoming : next.Count;
        }
    }

    /// <summary>
    /// Where to cut: behind what comes in ascending order, so that full pages stay behind; off a
    /// key without the prefix of all others; otherwise (-1) in the middle.
    /// </summary>
    private static int CutFor(
        Page page, int at, in TreeEntry entry, int incoming, bool ascending)
    {
        int count = page.Count;
        if (count == 0)
        {
            return -1;
        }

        if (ascending)
        {
            return at == count ? at : at + incoming;
        }

        // Such a key can only come before all or after all.
        bool stranger = PageSearch.CompareWithPrefix(page, entry.Key, entry.Length) != 0;
        return !stranger ? -1 : at == 0 ? incoming : at;
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
            IndexInvariant.Require(
                between.Length <= right->Length, "keys are in order where a leaf is cut");
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
        _made.Add(in separator);
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
