using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>What a file of the engine is.</summary>
internal enum FileKind : uint
{
    /// <summary>A log segment.</summary>
    Segment = 1,

    /// <summary>A file prepared for reuse as a segment.</summary>
    Spare = 2,

    /// <summary>A framed state file: manifest, index snapshot or a user's.</summary>
    Snapshot = 3,
}

/// <summary>What reading a frozen header found.</summary>
internal enum HeaderVerdict
{
    /// <summary>Valid and understood.</summary>
    Valid,

    /// <summary>No header of the engine, or a damaged one.</summary>
    Invalid,

    /// <summary>A whole header that asks for more than this version knows.</summary>
    Newer,
}

/// <summary>
/// The first 64 bytes of every file; their shape never changes. See docs/format.md, 'File header'.
/// </summary>
/// <remarks>
/// The checksum is judged before the version, so a flipped version byte is damage, and only a whole
/// header can be 'newer'.
/// </remarks>
internal readonly record struct FileHeader(
    FileKind Kind,
    uint HeaderLength,
    ulong FileNumber,
    uint Version = FileHeader.CurrentVersion,
    ulong Compatible = 0,
    ulong ReadOnlyCompatible = 0,
    ulong Incompatible = 0)
{
    internal const int Size = 64;
    internal const uint CurrentVersion = 1;
    internal const uint MaxHeaderLength = 4096;

    /// <summary>Feature bits this version knows; a file may not carry others.</summary>
    internal const ulong KnownReadOnlyCompatible = 0;
    internal const ulong KnownIncompatible = 0;

    private const int FileNumberAt = 48;
    private const int CrcAt = 60;

    /// <summary>0x89 "LOGENG" LF: not text, and broken by a line-ending translation.</summary>
    internal static ReadOnlySpan<byte> Magic =>
        [0x89, (byte)'L', (byte)'O', (byte)'G', (byte)'E', (byte)'N', (byte)'G', (byte)'\n'];

    internal void Write(Span<byte> target)
    {
        Span<byte> to = target[..Size];
        to.Clear();
        Magic.CopyTo(to);
        WriteUInt32LittleEndian(to[8..], Version);
        WriteUInt32LittleEndian(to[12..], HeaderLength);
        WriteUInt32LittleEndian(to[16..], (uint)Kind);
        WriteUInt64LittleEndian(to[24..], Compatible);
        WriteUInt64LittleEndian(to[32..], ReadOnlyCompatible);
        WriteUInt64LittleEndian(to[40..], Incompatible);
        WriteUInt64LittleEndian(to[FileNumberAt..], FileNumber);
        WriteUInt32LittleEndian(to[CrcAt..], Crc32C.Compute(0, 0, to[..CrcAt]));
    }

    /// <summary>
    /// Reads a header. <paramref name="forWriting"/> also refuses features that a reader may ignore.
    /// </summary>
    internal static HeaderVerdict Read(
        ReadOnlySpan<byte> source, bool forWriting, out FileHeader header)
    {
        header = default;
        if (source.Length < Size || !source[..8].SequenceEqual(Magic))
        {
            return HeaderVerdict.Invalid;
        }

        if (ReadUInt32LittleEndian(source[CrcAt..]) != Crc32C.Compute(0, 0, source[..CrcAt]))
        {
            return HeaderVerdict.Invalid;
        }

        header = new FileHeader(
            (FileKind)ReadUInt32LittleEndian(source[16..]),
            ReadUInt32LittleEndian(source[12..]),
            ReadUInt64LittleEndian(source[FileNumberAt..]),
            ReadUInt32LittleEndian(source[8..]),
            ReadUInt64LittleEndian(source[24..]),
            ReadUInt64LittleEndian(source[32..]),
            ReadUInt64LittleEndian(source[40..]));
        if (header.Version != CurrentVersion
            || (header.Incompatible & ~KnownIncompatible) != 0
            || (forWriting && (header.ReadOnlyCompatible & ~KnownReadOnlyCompatible) != 0))
        {
            return HeaderVerdict.Newer;
        }

        bool sane = header.HeaderLength is >= Size and <= MaxHeaderLength
            && header.HeaderLength % 8 == 0;
        return sane ? HeaderVerdict.Valid : HeaderVerdict.Invalid;
    }

    /// <summary>The file number behind the magic, whatever the checksum says; null without magic.</summary>
    internal static ulong? NumberInClear(ReadOnlySpan<byte> source) =>
        source.Length >= Size && source[..8].SequenceEqual(Magic)
            ? ReadUInt64LittleEndian(source[FileNumberAt..])
            : null;

    /// <summary>What a newer header asks for, in words.</summary>
    internal string DescribeNewer() =>
        Version != CurrentVersion
            ? $"format version {Version}, this build knows {CurrentVersion}"
            : $"unknown feature bits (incompatible 0x{Incompatible & ~KnownIncompatible:X}, "
              + $"read-only compatible 0x{ReadOnlyCompatible & ~KnownReadOnlyCompatible:X})";
}
