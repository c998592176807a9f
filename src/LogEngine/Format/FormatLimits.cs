namespace LogEngine.Format;

/// <summary>Bounds that reader and writer share: a reader accepts exactly what a writer accepts.</summary>
internal static class FormatLimits
{
    internal const int MinAlignment = 4096;
    internal const int MaxAlignment = 1 << 20;

    /// <summary>Every structure in a group starts at a multiple of it.</summary>
    internal const int FieldAlignment = 8;

    /// <summary>Most bytes of a key of the engine.</summary>
    internal const int MaxKeyBytes = 2048;

    /// <summary>Most UTF-8 bytes of a name.</summary>
    internal const int MaxNameBytes = 1024;

    /// <summary>
    /// Highest sequence, id, number, epoch or generation. Nobody counts that far, and whatever is
    /// added to one does not overflow; above it a file says what no writer says.
    /// </summary>
    internal const long MaxNumber = 1L << 62;

    /// <summary>Numbers that must be left for a store that is opened for writing.</summary>
    internal const long SpareNumbers = 1L << 40;

    /// <summary>Latest time, in UTC ticks.</summary>
    internal static readonly long MaxTicks = DateTime.MaxValue.Ticks;

    /// <summary>Highest offset at which a segment's groups end.</summary>
    internal const long MaxSegmentBytes = 1L << 30;

    /// <summary>Most bytes of a payload, and of a batch's together.</summary>
    internal const int MaxPayloadBytes = 64 << 20;

    /// <summary>Most records of a batch.</summary>
    internal const int MaxBatchRecords = 1 << 20;

    /// <summary>Most bytes of a group: one batch at both of its limits.</summary>
    internal const long MaxGroupBytes =
        GroupHeader.Size
        + MaxPayloadBytes
        + ((long)MaxBatchRecords * (RecordHeader.Size + FieldAlignment));

    internal static bool IsTime(long ticks) => (ulong)ticks <= (ulong)MaxTicks;

    /// <summary>Whether groups can end there: behind a first block, between two blocks.</summary>
    internal static bool IsSegmentEnd(long offset, int alignment) =>
        offset >= alignment && offset <= MaxSegmentBytes && offset % alignment == 0;

    internal static int AlignField(int length) =>
        checked(length + FieldAlignment - 1) & ~(FieldAlignment - 1);

    /// <summary>Rounds up to an alignment, which need not be a power of two.</summary>
    internal static long AlignUp(long value, int alignment) =>
        checked(value + alignment - 1) / alignment * alignment;
}
