namespace LogEngine.Engine;

/// <summary>
/// Where a value is, in one word: the slot of its segment, the offset of its record in it, and the
/// record's length. Never zero.
/// </summary>
/// <remarks>
/// From the highest bit: 22 bits of slot, 27 of offset, 15 of padded length, both in units of eight
/// bytes. The highest slot is no segment's: the other bits are then the number of a set of chunks.
/// </remarks>
internal readonly record struct Location(ulong Word)
{
    /// <summary>Largest record that has a location of its own: larger values are chunks.</summary>
    internal const int MaxRecordBytes = ((1 << LengthBits) - 1) * Unit;

    /// <summary>Highest offset of a record that has a location.</summary>
    internal const long MaxOffset = ((1L << OffsetBits) - 1) * Unit;

    /// <summary>Slots there are.</summary>
    internal const int MaxSlots = (1 << SlotBits) - 1;

    /// <summary>Largest number of a set of chunks.</summary>
    internal const long MaxChunkSet = (1L << (OffsetBits + LengthBits)) - 1;

    private const int SlotBits = 22;
    private const int OffsetBits = 27;
    private const int LengthBits = 15;
    private const int Unit = 8;

    internal Location(int slot, long offset, int paddedLength)
        : this(((ulong)slot << (OffsetBits + LengthBits))
            | ((ulong)(offset / Unit) << LengthBits)
            | (uint)(paddedLength / Unit))
    {
    }

    internal int Slot => (int)(Word >> (OffsetBits + LengthBits));

    internal long Offset => (long)((Word >> LengthBits) & ((1UL << OffsetBits) - 1)) * Unit;

    internal int PaddedLength => (int)(Word & ((1UL << LengthBits) - 1)) * Unit;

    internal bool IsChunkSet => Slot == MaxSlots;

    internal long ChunkSet => (long)(Word & (ulong)MaxChunkSet);

    internal static Location OfChunkSet(long set) =>
        new(((ulong)MaxSlots << (OffsetBits + LengthBits)) | (ulong)set);
}
