namespace LogEngine.Caching;

/// <summary>
/// Positions in a ring: a lap above an offset in units of 8 bytes, so that they only grow; and what
/// a slot of the table keeps of one.
/// </summary>
internal static class CachePosition
{
    /// <summary>Bits of the offset: a ring has up to 2 GiB.</summary>
    internal const int OffsetBits = 28;

    /// <summary>Bits of a position in a slot; the others are a tag of the location.</summary>
    internal const int SlotBits = 40;

    /// <summary>Unit of offsets and sizes.</summary>
    internal const int UnitBytes = 8;

    internal const ulong OneLap = 1UL << OffsetBits;

    /// <summary>
    /// A slot keeps 12 bits of the lap. Slots are swept so that none is this many laps old, half of
    /// the laps that could be told apart.
    /// </summary>
    internal const ulong SweepLaps = 1UL << 10;

    /// <summary>Laps that may pass while a reader looks at a slot: more are a miss.</summary>
    internal const ulong LookLaps = 1UL << 11;

    internal const ulong SlotMask = (1UL << SlotBits) - 1;

    /// <summary>Offset in the ring, in units.</summary>
    internal static ulong OffsetOf(ulong position) => position & (OneLap - 1);

    /// <summary>
    /// The position that a slot means, where the ring's head is less than 4096 laps ahead of it.
    /// </summary>
    internal static ulong Of(ulong slot, ulong head) => head - ((head - slot) & SlotMask);

    /// <summary>
    /// Whether an entry is still whole: the head, which is where the next entry goes, is at most one
    /// lap ahead. Everything from the head's offset on is of the lap before.
    /// </summary>
    internal static bool IsWhole(ulong position, ulong head) => head - position - 1 < OneLap;
}
