using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>How a segment hangs in the chain.</summary>
internal enum SegmentLink : uint
{
    /// <summary>Names its predecessor.</summary>
    Chained = 1,

    /// <summary>Has no live predecessor.</summary>
    Root = 2,
}

/// <summary>Where a predecessor ends: what a successor's header says of it.</summary>
internal readonly record struct SegmentEnd(
    ulong SegmentId, ulong Salt, long EndOffset, long LastSequence)
{
    internal SegmentIdentity Identity => new(SegmentId, Salt);
}

/// <summary>The whole header of a segment file. See docs/format.md, 'Segment'.</summary>
internal sealed record SegmentHeader
{
    /// <summary>Bytes of the header; one alignment block is reserved for it.</summary>
    internal const int Size = 192;

    /// <summary>Where the salt of the open stands.</summary>
    internal const int OpenSaltAt = 176;

    private const int CrcAt = 188;

    internal required ulong FileNumber { get; init; }

    internal required Guid StoreId { get; init; }

    internal required ulong SegmentId { get; init; }

    /// <summary>Random; under every checksum of this segment.</summary>
    internal required ulong Salt { get; init; }

    internal SegmentIdentity Identity => new(SegmentId, Salt);

    /// <summary>Groups start at multiples of it; the first one at exactly it.</summary>
    internal required int Alignment { get; init; }

    internal required SegmentLink Link { get; init; }

    /// <summary>Sequence of the first record this segment will hold.</summary>
    internal required long FirstSequence { get; init; }

    /// <summary>First readable sequence of the log when the header was written.</summary>
    internal required long LowWaterSequence { get; init; }

    /// <summary>The predecessor; default for a root.</summary>
    internal SegmentEnd Predecessor { get; init; }

    internal required ulong OpenEpoch { get; init; }

    /// <summary>Drawn by the open that wrote it; 0 where that knew none.</summary>
    internal ulong OpenSalt { get; init; }

    /// <summary>UTC ticks at which the header was written.</summary>
    internal required long CreatedTicks { get; init; }

    /// <summary>Planned length of the file.</summary>
    internal required long Capacity { get; init; }

    internal void Write(Span<byte> target)
    {
        Span<byte> to = target[..Size];
        to.Clear();
        new FileHeader(FileKind.Segment, Size, FileNumber).Write(to);
        StoreId.TryWriteBytes(to[64..], bigEndian: true, out _);
        WriteUInt64LittleEndian(to[80..], SegmentId);
        WriteUInt64LittleEndian(to[88..], Salt);
        WriteInt32LittleEndian(to[96..], Alignment);
        WriteUInt32LittleEndian(to[100..], (uint)Link);
        WriteInt64LittleEndian(to[104..], FirstSequence);
        WriteInt64LittleEndian(to[112..], LowWaterSequence);
        WriteUInt64LittleEndian(to[120..], Predecessor.SegmentId);
        WriteUInt64LittleEndian(to[128..], Predecessor.Salt);
        WriteInt64LittleEndian(to[136..], Predecessor.EndOffset);
        WriteInt64LittleEndian(to[144..], Predecessor.LastSequence);
        WriteUInt64LittleEndian(to[152..], OpenEpoch);
        WriteInt64LittleEndian(to[160..], CreatedTicks);
        WriteInt64LittleEndian(to[168..], Capacity);
        WriteUInt64LittleEndian(to[OpenSaltAt..], OpenSalt);
        WriteUInt32LittleEndian(
            to[CrcAt..], Crc32C.Compute(Salt, FileHeader.Size, to[FileHeader.Size..CrcAt]));
    }

    /// <summary>Reads a segment header; null unless the verdict is Valid.</summary>
    internal static HeaderVerdict Read(
        ReadOnlySpan<byte> source, bool forWriting, out SegmentHeader? header)
    {
        header = null;
        HeaderVerdict verdict = FileHeader.Read(source, forWriting, out FileHeader file);
        if (verdict != HeaderVerdict.Valid)
        {
            return verdict;
        }

        if (file.Kind != FileKind.Segment || file.HeaderLength != Size || source.Length < Size)
        {
            return HeaderVerdict.Invalid;
        }

        ulong salt = ReadUInt64LittleEndian(source[88..]);
        uint crc = Crc32C.Compute(salt, FileHeader.Size, source[FileHeader.Size..CrcAt]);
        if (ReadUInt32LittleEndian(source[CrcAt..]) != crc)
        {
            return HeaderVerdict.Invalid;
        }

        SegmentHeader read = new()
        {
            FileNumber = file.FileNumber,
            StoreId = new Guid(source.Slice(64, 16), bigEndian: true),
            SegmentId = ReadUInt64LittleEndian(source[80..]),
            Salt = salt,
            Alignment = ReadInt32LittleEndian(source[96..]),
            Link = (SegmentLink)ReadUInt32LittleEndian(source[100..]),
            FirstSequence = ReadInt64LittleEndian(source[104..]),
            LowWaterSequence = ReadInt64LittleEndian(source[112..]),
            Predecessor = new SegmentEnd(
                ReadUInt64LittleEndian(source[120..]),
                ReadUInt64LittleEndian(source[128..]),
                ReadInt64LittleEndian(source[136..]),
                ReadInt64LittleEndian(source[144..])),
            OpenEpoch = ReadUInt64LittleEndian(source[152..]),
            CreatedTicks = ReadInt64LittleEndian(source[160..]),
            Capacity = ReadInt64LittleEndian(source[168..]),
            OpenSalt = ReadUInt64LittleEndian(source[OpenSaltAt..]),
        };
        if (!read.IsSane())
        {
            return HeaderVerdict.Invalid;
        }

        header = read;
        return HeaderVerdict.Valid;
    }

    /// <summary>What a valid header must say whatever its checksum; the id order is part of it.</summary>
    private bool IsSane()
    {
        bool aligned = Alignment >= FormatLimits.MinAlignment
            && Alignment <= FormatLimits.MaxAlignment
            && Alignment % FormatLimits.MinAlignment == 0;
        bool link = Link switch
        {
            SegmentLink.Root => Predecessor == default,
            SegmentLink.Chained => Predecessor.SegmentId < SegmentId
                && FormatLimits.IsSegmentEnd(Predecessor.EndOffset, FormatLimits.MinAlignment)
                && Predecessor.LastSequence == FirstSequence - 1,
            _ => false,
        };
        return aligned
            && link
            && SegmentId is > 0 and <= FormatLimits.MaxNumber
            && FileNumber <= FormatLimits.MaxNumber
            && OpenEpoch <= FormatLimits.MaxNumber
            && FirstSequence is >= 1 and <= FormatLimits.MaxNumber
            && LowWaterSequence is >= 1 and <= FormatLimits.MaxNumber
            && FormatLimits.IsTime(CreatedTicks);
    }
}
