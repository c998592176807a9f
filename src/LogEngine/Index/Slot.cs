namespace LogEngine.Index;

/// <summary>The 16 bits that say where the rest of an entry is.</summary>
/// <remarks>
/// Up to 8 it is the length of a suffix that is all in its head. Otherwise the low eleven bits are
/// the offset of a record: the suffix's length in two bytes; the expiry in eight, if flagged; the
/// suffix behind its first eight bytes, or, if flagged, the id of the overflow page that holds the
/// whole key.
/// </remarks>
internal static unsafe class Slot
{
    internal const int HeadBytes = sizeof(ulong);

    /// <inheritdoc cref="PageSize.MaxSuffix"/>
    internal const int MaxSuffix = PageSize.MaxSuffix;

    internal const ushort Expires = 0x8000;
    internal const ushort Overflows = 0x4000;

    private const int OffsetMask = Page.Size - 1;

    internal static bool IsInline(ushort slot) => slot <= HeadBytes;

    internal static int Offset(ushort slot) => slot & OffsetMask;

    internal static bool HasExpiry(ushort slot) => (slot & Expires) != 0;

    internal static bool HasOverflow(ushort slot) => (slot & Overflows) != 0;

    /// <summary>Bytes of the record that a suffix needs; 0 = none.</summary>
    internal static int RecordBytes(int suffixLength, bool expires)
    {
        if (suffixLength <= HeadBytes)
        {
            return expires ? sizeof(ushort) + sizeof(long) : 0;
        }

        int rest = suffixLength > MaxSuffix ? sizeof(uint) : suffixLength - HeadBytes;
        return sizeof(ushort) + (expires ? sizeof(long) : 0) + rest;
    }

    /// <summary>Length of an entry's suffix.</summary>
    internal static int SuffixLength(Page page, ushort slot) =>
        IsInline(slot) ? slot : *(ushort*)(page.Start + Offset(slot));

    /// <summary>Bytes of an entry's record; 0 = it has none.</summary>
    internal static int RecordBytes(Page page, ushort slot) =>
        IsInline(slot) ? 0 : RecordBytes(SuffixLength(page, slot), HasExpiry(slot));

    internal static long Expiry(Page page, ushort slot) =>
        HasExpiry(slot) ? *(long*)(page.Start + Offset(slot) + sizeof(ushort)) : 0;

    internal static void SetExpiry(Page page, ushort slot, long ticks) =>
        *(long*)(page.Start + Offset(slot) + sizeof(ushort)) = ticks;

    /// <summary>What follows length and expiry: the tail, or an overflow page's id.</summary>
    internal static byte* Tail(Page page, ushort slot) =>
        page.Start + Offset(slot) + sizeof(ushort) + (HasExpiry(slot) ? sizeof(long) : 0);

    internal static uint OverflowPage(Page page, ushort slot) => *(uint*)Tail(page, slot);
}
