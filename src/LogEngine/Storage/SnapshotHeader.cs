using LogEngine.Format;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Storage;

/// <summary>
/// The frozen file header and what a snapshot file adds to it: 128 bytes. See docs/format.md,
/// 'Snapshot file'.
/// </summary>
/// <param name="Salt">Random; under every checksum behind the frozen header.</param>
/// <param name="LogSequence">Log position that the content stands for; 0 where it has none.</param>
/// <param name="PayloadLength">Bytes of payload; the file's length follows from it.</param>
/// <param name="ContentVersion">Version of the payload, its writer's own.</param>
internal readonly record struct SnapshotHeader(
    ulong Salt, long LogSequence, long PayloadLength, uint ContentVersion)
{
    internal const int Size = 128;

    /// <summary>Above any disk, and no length computed from it overflows.</summary>
    internal const long MaxPayloadLength = 1L << 56;

    private const int CrcAt = 124;

    /// <summary>Exact length of the file.</summary>
    internal long FileLength
    {
        get
        {
            (long full, long rest) = Math.DivRem(PayloadLength, SnapshotBlock.MaxPayload);
            return Size
                + (full * SnapshotBlock.EncodedLength(SnapshotBlock.MaxPayload))
                + (rest == 0 ? 0 : SnapshotBlock.EncodedLength((int)rest));
        }
    }

    internal void Write(Span<byte> target)
    {
        Span<byte> to = target[..Size];
        to.Clear();
        new FileHeader(FileKind.Snapshot, Size, FileNumber: 0).Write(to);
        WriteUInt64LittleEndian(to[64..], Salt);
        WriteInt64LittleEndian(to[72..], LogSequence);
        WriteInt64LittleEndian(to[80..], PayloadLength);
        WriteUInt32LittleEndian(to[88..], ContentVersion);
        WriteUInt32LittleEndian(to[92..], SnapshotBlock.MaxPayload);
        WriteUInt32LittleEndian(to[CrcAt..], Checksum(Salt, to));
    }

    /// <summary>
    /// Reads the header from a file's first bytes: damage is judged before the version, and the
    /// length of the file after it.
    /// </summary>
    /// <exception cref="CorruptionException">Damaged, or of another kind of file.</exception>
    /// <exception cref="IncompatibleFormatException">Whole, and newer.</exception>
    internal static SnapshotHeader Read(ReadOnlySpan<byte> source, string path, bool forWriting)
    {
        if (source.Length < FileHeader.Size)
        {
            throw CutHeader(path, source.Length);
        }

        HeaderVerdict verdict = FileHeader.Read(source, forWriting, out FileHeader file);
        if (verdict == HeaderVerdict.Newer)
        {
            throw new IncompatibleFormatException(path, file.DescribeNewer());
        }

        if (verdict != HeaderVerdict.Valid)
        {
            throw new CorruptionException(
                path, 0, "the file header is damaged, or not one of LogEngine");
        }

        if (file.Kind != FileKind.Snapshot || file.HeaderLength != Size)
        {
            throw new CorruptionException(
                path,
                0,
                $"not a snapshot file: kind {file.Kind}, header of {file.HeaderLength} bytes");
        }

        if (source.Length < Size)
        {
            throw CutHeader(path, source.Length);
        }

        ulong salt = ReadUInt64LittleEndian(source[64..]);
        if (ReadUInt32LittleEndian(source[CrcAt..]) != Checksum(salt, source))
        {
            throw new CorruptionException(path, FileHeader.Size, "the snapshot header is damaged");
        }

        SnapshotHeader header = new(
            salt,
            ReadInt64LittleEndian(source[72..]),
            ReadInt64LittleEndian(source[80..]),
            ReadUInt32LittleEndian(source[88..]));
        uint block = ReadUInt32LittleEndian(source[92..]);
        if (block != SnapshotBlock.MaxPayload)
        {
            throw new IncompatibleFormatException(
                path, $"blocks of {block} bytes, this build knows {SnapshotBlock.MaxPayload}");
        }

        return header.LogSequence is >= 0 and <= FormatLimits.MaxNumber
            && header.PayloadLength is >= 0 and <= MaxPayloadLength
            ? header
            : throw new CorruptionException(
                path,
                FileHeader.Size,
                $"impossible header: log sequence {header.LogSequence}, payload of "
                + $"{header.PayloadLength} bytes");
    }

    private static CorruptionException CutHeader(string path, int length) =>
        new(path, length, $"wrong length: {length} bytes, the header alone has {Size}");

    private static uint Checksum(ulong salt, ReadOnlySpan<byte> whole) =>
        Crc32C.Compute(salt, FileHeader.Size, whole[FileHeader.Size..CrcAt]);
}
