using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>What a group is besides its records.</summary>
[Flags]
internal enum GroupFlags : ushort
{
    None = 0,

    /// <summary>The last group of a log that was closed.</summary>
    Seal = 1,
}

/// <summary>Evidence: everything up to it was durable when the mark was written.</summary>
internal readonly record struct DurableMark(ulong SegmentId, long EndOffset, long Sequence);

// Over the limit: the fields of the header as docs/format.md lists them, each written once.
/// <summary>The clear header in front of a group's records. See docs/format.md, 'Group'.</summary>
internal readonly record struct GroupHeader(
    GroupFlags Flags,
    ulong SegmentId,
    ulong Salt,
    long Offset,
    long FirstSequence,
    int RecordCount,
    long Length,
    long TimeTicks,
    DurableMark Mark)
{
    internal const int Size = 96;
    internal const uint Magic = 0x5052_4C47; // "GLRP"

    private const int CrcAt = 92;

    /// <summary>The segment that it is of.</summary>
    internal SegmentIdentity Identity => new(SegmentId, Salt);

    /// <summary>The sequence after this group's last record.</summary>
    internal long NextSequence => FirstSequence + RecordCount;

    internal void Write(Span<byte> target)
    {
        Span<byte> to = target[..Size];
        to.Clear();
        WriteUInt32LittleEndian(to, Magic);
        WriteUInt16LittleEndian(to[4..], (ushort)Flags);
        WriteUInt16LittleEndian(to[6..], Size);
        WriteUInt64LittleEndian(to[8..], SegmentId);
        WriteUInt64LittleEndian(to[16..], Salt);
        WriteInt64LittleEndian(to[24..], Offset);
        WriteInt64LittleEndian(to[32..], FirstSequence);
        WriteInt32LittleEndian(to[40..], RecordCount);
        WriteInt64LittleEndian(to[48..], Length);
        WriteInt64LittleEndian(to[56..], TimeTicks);
        WriteUInt64LittleEndian(to[64..], Mark.SegmentId);
        WriteInt64LittleEndian(to[72..], Mark.EndOffset);
        WriteInt64LittleEndian(to[80..], Mark.Sequence);
        WriteUInt32LittleEndian(to[CrcAt..], Crc32C.Compute(Salt, Offset, to[..CrcAt]));
    }

    /// <summary>
    /// Reads a header that says it stands at <paramref name="offset"/>; false for anything else. It
    /// says nothing about the records behind it.
    /// </summary>
    internal static bool TryRead(ReadOnlySpan<byte> source, long offset, out GroupHeader header)
    {
        header = default;
        if (source.Length < Size || ReadUInt32LittleEndian(source) != Magic)
        {
            return false;
        }

        ulong salt = ReadUInt64LittleEndian(source[16..]);
        long own = ReadInt64LittleEndian(source[24..]);
        if (own != offset
            || ReadUInt16LittleEndian(source[6..]) != Size
            || ReadUInt32LittleEndian(source[CrcAt..])
                != Crc32C.Compute(salt, own, source[..CrcAt]))
        {
            return false;
        }

        header = new GroupHeader(
            (GroupFlags)ReadUInt16LittleEndian(source[4..]),
            ReadUInt64LittleEndian(source[8..]),
            salt,
            own,
            ReadInt64LittleEndian(source[32..]),
            ReadInt32LittleEndian(source[40..]),
            ReadInt64LittleEndian(source[48..]),
            ReadInt64LittleEndian(source[56..]),
            new DurableMark(
                ReadUInt64LittleEndian(source[64..]),
                ReadInt64LittleEndian(source[72..]),
                ReadInt64LittleEndian(source[80..])));
        return header.IsSane();
    }

    /// <summary>
    /// Whether the bytes carry this identity in clear, valid or not: what tells a torn group of this
    /// segment from stale bytes and zeros. Either half of it is enough, so that no single flipped
    /// bit makes a group look like nothing. A footer carries it too and is none.
    /// </summary>
    internal static bool CarriesIdentity(ReadOnlySpan<byte> source, ulong segmentId, ulong salt)
    {
        if (source.Length < 24)
        {
            return false;
        }

        uint magic = ReadUInt32LittleEndian(source);
        return magic != SegmentFooter.Magic
            && (ReadUInt64LittleEndian(source[16..]) == salt
                || (magic == Magic && ReadUInt64LittleEndian(source[8..]) == segmentId));
    }

    /// <summary>Bounds that hold for every group a writer makes; nothing is allocated before.</summary>
    private bool IsSane() =>
        Offset >= 0
        && RecordCount >= 0
        && FirstSequence >= 1
        && FirstSequence <= FormatLimits.MaxNumber
        && FormatLimits.IsTime(TimeTicks)
        && Mark.SegmentId <= FormatLimits.MaxNumber
        && Mark.EndOffset >= 0
        && Mark.Sequence is >= 0 and <= FormatLimits.MaxNumber
        && Length >= Size + ((long)RecordCount * RecordHeader.Size)
        && Length <= FormatLimits.MaxGroupBytes
        && Length % FormatLimits.FieldAlignment == 0
        && (RecordCount > 0 || Length == Size);
}
