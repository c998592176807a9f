using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>Where a group starts: an entry of a sparse index.</summary>
internal readonly record struct SparseEntry(long Sequence, long Offset, long TimeTicks);

/// <summary>
/// The sparse index behind a sealed segment's end. It can always be rebuilt and is never evidence.
/// See docs/format.md, 'Footer'.
/// </summary>
internal static class SegmentFooter
{
    internal const int HeaderSize = 48;
    internal const int EntrySize = 24;
    internal const uint Magic = 0x544F_4F46; // "FOOT"

    /// <summary>At least this many bytes lie between two entries.</summary>
    internal const int BytesPerEntry = 64 << 10;

    private const int CrcAt = 44;

    internal static int EncodedLength(int entries) => checked(HeaderSize + (entries * EntrySize));

    internal static void Write(
        Span<byte> target,
        ulong segmentId,
        ulong salt,
        long offset,
        long lastSequence,
        ReadOnlySpan<SparseEntry> entries)
    {
        Span<byte> to = target[..EncodedLength(entries.Length)];
        to.Clear();
        WriteUInt32LittleEndian(to, Magic);
        WriteInt32LittleEndian(to[4..], entries.Length);
        WriteUInt64LittleEndian(to[8..], segmentId);
        WriteUInt64LittleEndian(to[16..], salt);
        WriteInt64LittleEndian(to[24..], offset);
        WriteInt64LittleEndian(to[32..], lastSequence);
        Span<byte> body = to[HeaderSize..];
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = body.Slice(i * EntrySize, EntrySize);
            WriteInt64LittleEndian(entry, entries[i].Sequence);
            WriteInt64LittleEndian(entry[8..], entries[i].Offset);
            WriteInt64LittleEndian(entry[16..], entries[i].TimeTicks);
        }

        WriteUInt32LittleEndian(to[CrcAt..], Checksum(to, salt, offset));
    }

    /// <summary>Entries of the footer if it is whole and belongs there; null otherwise.</summary>
    internal static SparseEntry[]? TryRead(
        ReadOnlySpan<byte> source, ulong segmentId, ulong salt, long offset, long lastSequence)
    {
        if (source.Length < HeaderSize
            || ReadUInt32LittleEndian(source) != Magic
            || ReadUInt64LittleEndian(source[8..]) != segmentId
            || ReadUInt64LittleEndian(source[16..]) != salt
            || ReadInt64LittleEndian(source[24..]) != offset
            || ReadInt64LittleEndian(source[32..]) != lastSequence)
        {
            return null;
        }

        uint count = ReadUInt32LittleEndian(source[4..]);
        if (count > (source.Length - HeaderSize) / EntrySize)
        {
            return null;
        }

        ReadOnlySpan<byte> whole = source[..EncodedLength((int)count)];
        if (ReadUInt32LittleEndian(whole[CrcAt..]) != Checksum(whole, salt, offset))
        {
            return null;
        }

        SparseEntry[] entries = new SparseEntry[count];
        for (int i = 0; i < entries.Length; i++)
        {
            ReadOnlySpan<byte> entry = whole.Slice(HeaderSize + (i * EntrySize), EntrySize);
            entries[i] = new SparseEntry(
                ReadInt64LittleEndian(entry),
                ReadInt64LittleEndian(entry[8..]),
                ReadInt64LittleEndian(entry[16..]));
        }

        return AreInOrder(entries, offset, lastSequence) ? entries : null;
    }

    /// <summary>Places in the segment and sequences of it, ascending: what can be looked up.</summary>
    private static bool AreInOrder(SparseEntry[] entries, long end, long lastSequence)
    {
        SparseEntry before = default;
        foreach (SparseEntry entry in entries)
        {
            if (entry.Offset <= before.Offset
                || entry.Offset >= end
                || entry.Offset % FormatLimits.MinAlignment != 0
                || entry.Sequence < before.Sequence
                || entry.Sequence > lastSequence + 1
                || entry.TimeTicks < before.TimeTicks)
            {
                return false;
            }

            before = entry;
        }

        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> whole, ulong salt, long offset)
    {
        uint state = Crc32C.Begin(salt, offset);
        state = Crc32C.Append(state, whole[..CrcAt]);
        return Crc32C.Finish(Crc32C.Append(state, whole[HeaderSize..]));
    }
}
