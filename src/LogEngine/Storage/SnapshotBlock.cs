using LogEngine.Format;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Storage;

/// <summary>
/// Encoding of a snapshot file's block: payload length, checksum, payload, zeros up to eight bytes.
/// Every block but the last is full. See docs/format.md, 'Snapshot file'.
/// </summary>
internal static class SnapshotBlock
{
    internal const int HeaderSize = 8;

    /// <summary>Payload of a full block.</summary>
    internal const int MaxPayload = 64 << 10;

    internal const int MaxEncoded = HeaderSize + MaxPayload;

    internal static int EncodedLength(int payload) => HeaderSize + FormatLimits.AlignField(payload);

    /// <summary>
    /// Completes a block whose payload is already in place; returns the encoded length.
    /// </summary>
    internal static int Seal(Span<byte> block, int payload, ulong salt, long offset)
    {
        int length = EncodedLength(payload);
        block[(HeaderSize + payload)..length].Clear();
        WriteUInt32LittleEndian(block, (uint)payload);
        WriteUInt32LittleEndian(block[4..], Checksum(block[..length], salt, offset));
        return length;
    }

    /// <summary>What is wrong with a block of an expected payload; null if nothing is.</summary>
    internal static string? Check(ReadOnlySpan<byte> block, int payload, ulong salt, long offset)
    {
        uint length = ReadUInt32LittleEndian(block);
        if (length != payload)
        {
            return $"block length {length}, expected {payload}";
        }

        uint found = ReadUInt32LittleEndian(block[4..]);
        uint expected = Checksum(block, salt, offset);
        return found == expected
            ? null
            : $"block checksum 0x{found:X8}, its bytes give 0x{expected:X8}";
    }

    /// <summary>Over salt, offset, and the block with its own field as zero.</summary>
    private static uint Checksum(ReadOnlySpan<byte> block, ulong salt, long offset)
    {
        uint state = Crc32C.Begin(salt, offset);
        state = Crc32C.Append(state, (ulong)ReadUInt32LittleEndian(block));
        return Crc32C.Finish(Crc32C.Append(state, block[HeaderSize..]));
    }
}
