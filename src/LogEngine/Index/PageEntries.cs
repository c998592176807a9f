namespace LogEngine.Index;

/// <summary>Reading and changing single entries of a page.</summary>
internal static unsafe class PageEntries
{
    internal static IndexValue ReadValue(Page leaf, int at)
    {
        byte* value = leaf.Payloads + (at * Page.ValueSize);
        ushort slot = leaf.Slots[at];
        return new IndexValue(
            *(long*)value, *(ulong*)(value + sizeof(long)), Slot.Expiry(leaf, slot));
    }

    /// <summary>Overwrites version and location.</summary>
    internal static void WriteValue(Page leaf, int at, long version, ulong location)
    {
        byte* value = leaf.Payloads + (at * Page.ValueSize);
        *(long*)value = version;
        *(ulong*)(value + sizeof(long)) = location;
    }

    /// <summary>Copies a whole key and returns its length.</summary>
    internal static int ReadKey(PageArena arena, Page page, int at, byte* to)
    {
        ushort slot = page.Slots[at];
        if (Slot.HasOverflow(slot))
        {
            return OverflowKey.Load(arena, Slot.OverflowPage(page, slot), to);
        }

        int prefix = page.PrefixLength;
        Buffer.MemoryCopy(page.Prefix, to, IndexLimits.MaxKeyBytes, prefix);
        return prefix + ReadSuffix(page, at, slot, to + prefix);
    }

    /// <summary>Copies a suffix that is all in the page; may write a few bytes behind it.</summary>
    internal static int ReadSuffix(Page page, int at, ushort slot, byte* to)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(
            new Span<byte>(to, Slot.HeadBytes), page.Heads[at]);
        int length = Slot.SuffixLength(page, slot);
        if (length > Slot.HeadBytes)
        {
            Buffer.MemoryCopy(
                Slot.Tail(page, slot),
                to + Slot.HeadBytes,
                Slot.MaxSuffix,
                length - Slot.HeadBytes);
        }

        return length;
    }

    /// <summary>
    /// Whether an entry with such a record fits without laying the page out anew.
    /// </summary>
    internal static bool HasRoom(Page page, int recordBytes)
    {
        int arrays = Page.HeadsOffset(page.PrefixLength)
            + (page.Capacity * Page.EntryBytes(page.Level));
        return page.Count < page.Capacity && arrays + recordBytes <= page.HeapStart;
    }

    /// <summary>
    /// Puts an entry, whose key begins with the prefix and which fits, at its place.
    /// </summary>
    /// <returns>Where its payload goes.</returns>
    internal static byte* Insert(
        Page page, int at, byte* key, int length, long expires, uint overflow)
    {
        int prefix = page.PrefixLength;
        int suffix = length - prefix;
        int record = Slot.RecordBytes(suffix, expires != 0);
        int count = page.Count;
        int payload = page.PayloadSize;
        byte* payloads = page.Payloads;
        if (at < count)
        {
            OpenAll(page, at, count);
        }

        page.Count = count + 1;
        page.Heads[at] = HeadSearch.HeadOf(key, length, prefix);
        page.Slots[at] = record == 0
            ? (ushort)suffix
            : WriteRecord(page, record, key + prefix, suffix, expires, overflow);
        return payloads + (at * payload);
    }

    /// <summary>Releases the overflow pages that entries refer to.</summary>
    internal static void ReleaseOverflow(TreeParts parts, Page page, int from, int to)
    {
        if (page.HeapLive == 0)
        {
            return;
        }

        for (int i = from; i < to; i++)
        {
            ushort slot = page.Slots[i];
            if (Slot.HasOverflow(slot))
            {
                OverflowKey.Release(
                    parts.Arena,
                    parts.Retired,
                    Slot.OverflowPage(page, slot),
                    parts.Generation);
            }
        }
    }

    /// <summary>Takes entries out; what they refer to is the caller's to release.</summary>
    internal static void Remove(Page page, int from, int to)
    {
        for (int i = from; i < to; i++)
        {
            page.HeapLive -= Slot.RecordBytes(page, page.Slots[i]);
        }

        int count = page.Count;
        Close(page.Heads, from, to, count);
        Close(page.Slots, from, to, count);
        if (page.IsLeaf)
        {
            Close((Int128*)page.Payloads, from, to, count);
        }
        else
        {
            Close(page.Children, from, to, count);
        }

        page.Count = count - (to - from);
        page.Run = 0;
        if (page.Count == 0)
        {
            page.HeapStart = Page.Size;
        }
    }

    /// <summary>
    /// Notes an insertion, so that a split can tell ascending keys from scattered ones.
    /// </summary>
    internal static void NoteInsertion(Page page, int at)
    {
        page.Run = at == page.NextInsert ? (byte)Math.Min(page.Run + 1, byte.MaxValue) : (byte)0;
        page.NextInsert = at + 1;
    }

    /// <summary>Makes a gap of one in all arrays.</summary>
    private static void OpenAll(Page page, int at, int count)
    {
        Open(page.Heads, at, count);
        Open(page.Slots, at, count);
        if (page.IsLeaf)
        {
            Open((Int128*)page.Payloads, at, count);
        }
        else
        {
            Open(page.Children, at, count);
        }
    }

    private static ushort WriteRecord(
        Page page, int bytes, byte* suffix, int length, long expires, uint overflow)
    {
        int offset = page.HeapStart - bytes;
        page.HeapStart = offset;
        page.HeapLive += bytes;
        byte* at = page.Start + offset;
        int slot = offset;
        *(ushort*)at = (ushort)length;
        at += sizeof(ushort);
        if (expires != 0)
        {
            *(long*)at = expires;
            at += sizeof(long);
            slot |= Slot.Expires;
        }

        if (length > Slot.MaxSuffix)
        {
            IndexInvariant.Require(overflow != 0, "a long key has an overflow page");
            *(uint*)at = overflow;
            slot |= Slot.Overflows;
        }
        else if (length > Slot.HeadBytes)
        {
            Buffer.MemoryCopy(
                suffix + Slot.HeadBytes, at, Slot.MaxSuffix, length - Slot.HeadBytes);
        }

        return (ushort)slot;
    }

    /// <summary>Makes a gap of one at a place of an array that has room.</summary>
    private static void Open<T>(T* array, int at, int count)
        where T : unmanaged =>
        new Span<T>(array + at, count - at).CopyTo(new Span<T>(array + at + 1, count - at));

    private static void Close<T>(T* array, int from, int to, int count)
        where T : unmanaged =>
        new Span<T>(array + to, count - to).CopyTo(new Span<T>(array + from, count - to));
}
