namespace LogEngine.Index;

/// <summary>Lays entries out in an empty page: prefix, capacity, arrays, records.</summary>
internal static unsafe class PageLayout
{
    /// <summary>The prefix that ascending entries are stored without.</summary>
    /// <remarks>
    /// What all keys share, but no more than it takes to bring the longest suffix into its head:
    /// from there on a longer prefix costs bytes and saves none.
    /// </remarks>
    internal static int PrefixFor(TreeEntry* entries, int count)
    {
        if (count == 0)
        {
            return 0;
        }

        int longest = 0;
        for (int i = 0; i < count; i++)
        {
            longest = Math.Max(longest, entries[i].Length);
        }

        int useful = Math.Min(Page.MaxPrefix, longest - Slot.HeadBytes);
        return useful <= 0
            ? 0
            : Math.Min(useful, SharedBytes(entries[0], entries[count - 1]));
    }

    /// <summary>How many bytes two keys begin with alike.</summary>
    internal static int SharedBytes(in TreeEntry left, in TreeEntry right) =>
        new ReadOnlySpan<byte>(left.Key, left.Length)
            .CommonPrefixLength(new ReadOnlySpan<byte>(right.Key, right.Length));

    /// <summary>Bytes of a page with these entries.</summary>
    internal static int BytesFor(TreeEntry* entries, int count, byte level, int prefixLength)
    {
        return Page.HeadsOffset(prefixLength)
            + (count * Page.EntryBytes(level))
            + RecordBytesFor(entries, count, prefixLength);
    }

    /// <summary>Writes entries that fit into a page that only the writer knows.</summary>
    internal static void Fill(
        TreeParts parts, Page page, byte level, TreeEntry* entries, int count, uint firstChild)
    {
        int prefix = PrefixFor(entries, count);
        int records = RecordBytesFor(entries, count, prefix);
        page.Clear(level, prefix, CapacityFor(level, prefix, count, records));
        page.FirstChild = firstChild;
        if (count > 0)
        {
            Buffer.MemoryCopy(entries[0].Key, page.Prefix, Page.MaxPrefix, prefix);
        }

        for (int i = 0; i < count; i++)
        {
            Append(parts, page, ref entries[i]);
        }
    }

    /// <summary>Puts an entry that fits behind all others.</summary>
    internal static void Append(TreeParts parts, Page page, ref TreeEntry entry) =>
        InsertAt(parts, page, page.Count, ref entry);

    /// <summary>
    /// Puts an entry that fits at its place, with its overflow page if it needs one.
    /// </summary>
    internal static void InsertAt(TreeParts parts, Page page, int at, ref TreeEntry entry)
    {
        bool overflows = entry.Length - page.PrefixLength > Slot.MaxSuffix;
        if (overflows && entry.Overflow == 0)
        {
            entry.Overflow = OverflowKey.Store(
                parts.Arena, parts.Generation, entry.Key, entry.Length);
        }
        else if (!overflows && entry.Overflow != 0)
        {
            OverflowKey.Release(parts.Arena, parts.Retired, entry.Overflow, parts.Generation);
            entry.Overflow = 0;
        }

        byte* payload = PageEntries.Insert(
            page, at, entry.Key, entry.Length, entry.Expires, entry.Overflow);
        if (page.IsLeaf)
        {
            *(long*)payload = entry.Version;
            *(ulong*)(payload + sizeof(long)) = entry.Location;
        }
        else
        {
            *(uint*)payload = entry.Child;
        }
    }

    /// <summary>
    /// As many entries as would fill the page if the next ones need records like these ones.
    /// </summary>
    private static int CapacityFor(byte level, int prefix, int count, int records)
    {
        int room = Page.Size - Page.HeadsOffset(prefix);
        int entry = Page.EntryBytes(level);
        return count == 0
            ? room / entry
            : Math.Max(count, (int)((long)room * count / ((count * entry) + records)));
    }

    private static int RecordBytesFor(TreeEntry* entries, int count, int prefixLength)
    {
        int bytes = 0;
        for (int i = 0; i < count; i++)
        {
            bytes += Slot.RecordBytes(
                entries[i].Length - prefixLength, entries[i].Expires != 0);
        }

        return bytes;
    }
}
