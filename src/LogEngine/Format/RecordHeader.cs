using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace LogEngine.Format;

/// <summary>What a record means.</summary>
internal enum RecordKind : byte
{
    /// <summary>Bytes appended by a caller.</summary>
    Data = 1,
}

/// <summary>Flags of a record.</summary>
[Flags]
internal enum RecordFlags : byte
{
    None = 0,

    /// <summary>The last record of its batch.</summary>
    EndOfBatch = 1,
}

/// <summary>
/// Encoding of a record: a 24-byte header, the payload, zeros up to eight bytes. See docs/format.md,
/// 'Record'.
/// </summary>
/// <remarks>
/// The checksum covers salt, offset, and every byte of the record with its own field as zero, the
/// padding included, so it runs over whole words.
/// </remarks>
internal static class RecordHeader
{
    internal const int Size = 24;

    /// <summary>
    /// Records are verified ahead of their use as far as stays in the processor's nearest caches.
    /// </summary>
    internal const int AheadBytes = 16 << 10;

    /// <summary>Bytes a payload takes in a group.</summary>
    internal static int EncodedLength(int payloadLength) =>
        FormatLimits.AlignField(checked(Size + payloadLength));

    /// <summary>
    /// Writes a record at the start of <paramref name="target"/>, which is exactly
    /// <see cref="EncodedLength"/> long and may hold anything before.
    /// </summary>
    /// <param name="target">Where to.</param>
    /// <param name="saltState">Checksum state after the segment's salt.</param>
    /// <param name="offset">Offset of the record in its file.</param>
    /// <param name="sequence">Its sequence, which is its version too.</param>
    /// <param name="flags">Its flags.</param>
    /// <param name="payload">Its payload, copied.</param>
    internal static void Write(
        Span<byte> target,
        uint saltState,
        long offset,
        long sequence,
        RecordFlags flags,
        ReadOnlySpan<byte> payload)
    {
        Begin(target);
        payload.CopyTo(target[Size..]);
        Finish(target, Size + payload.Length, saltState, offset, sequence, flags);
    }

    /// <summary>
    /// Puts the zeros in place that may follow the payload; the payload is copied behind the header
    /// next, then comes <see cref="Finish"/>.
    /// </summary>
    internal static void Begin(Span<byte> target) =>
        WriteUInt64LittleEndian(target[(target.Length - 8)..], 0);

    /// <summary>Puts the header in front of a payload that has been copied.</summary>
    /// <param name="target">The record, padded.</param>
    /// <param name="length">Bytes of header and payload.</param>
    /// <param name="saltState">Checksum state after the segment's salt.</param>
    /// <param name="offset">Offset of the record in its file.</param>
    /// <param name="sequence">Its sequence, which is its version too.</param>
    /// <param name="flags">Its flags.</param>
    internal static void Finish(
        Span<byte> target,
        int length,
        uint saltState,
        long offset,
        long sequence,
        RecordFlags flags)
    {
        ulong lengthWord = (ulong)(uint)length << 32;
        ulong kindWord = (ulong)RecordKind.Data | ((ulong)flags << 8) | ((ulong)Size << 24);
        WriteUInt64LittleEndian(target[8..], kindWord);
        WriteUInt64LittleEndian(target[16..], (ulong)sequence);
        uint state = Crc32C.Append(saltState, (ulong)offset);
        state = Crc32C.Append(state, lengthWord);
        state = AppendWords(state, target[8..]);
        WriteUInt64LittleEndian(target, lengthWord | Crc32C.Finish(state));
    }

    /// <summary>
    /// Length of the record at the start of the bytes without padding; not yet verified, and not
    /// bounded by what is there.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint ReadLength(ReadOnlySpan<byte> source) =>
        ReadUInt32LittleEndian(source[4..]);

    /// <summary>
    /// Verifies the record at the start of <paramref name="source"/>, which holds at least its
    /// padded length; false where any byte of it is wrong.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Verify(
        ReadOnlySpan<byte> source, int encodedLength, uint saltState, long offset, long sequence)
    {
        ReadOnlySpan<byte> record = source[..encodedLength];
        ulong first = ReadUInt64LittleEndian(record);
        uint state = Crc32C.Append(saltState, (ulong)offset);
        state = Crc32C.Append(state, first & 0xFFFF_FFFF_0000_0000);
        state = AppendWords(state, record[8..]);
        ulong kindWord = ReadUInt64LittleEndian(record[8..]);
        return Crc32C.Finish(state) == (uint)first
            && (kindWord & ~0xFF00UL) == ((ulong)RecordKind.Data | ((ulong)Size << 24))
            && ReadUInt64LittleEndian(record[16..]) == (ulong)sequence;
    }

    /// <summary>
    /// Verifies records that follow one another, in a loop so tight that the processor works on
    /// several at once; gives the bytes of those that are right, up to the first that is damaged or
    /// not all at hand.
    /// </summary>
    /// <param name="source">Where the first one begins.</param>
    /// <param name="saltState">Checksum state after the segment's salt.</param>
    /// <param name="offset">Offset of the first record in its file.</param>
    /// <param name="sequence">Its sequence; each next one has the next.</param>
    /// <param name="mostRecords">So many at most.</param>
    /// <param name="mostBytes">None that begins so far behind the first.</param>
    /// <param name="count">How many are right.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static int VerifyRun(
        ReadOnlySpan<byte> source,
        uint saltState,
        long offset,
        long sequence,
        int mostRecords,
        int mostBytes,
        out int count)
    {
        int end = 0;
        count = 0;
        while (count < mostRecords && end < mostBytes && source.Length - end >= Size)
        {
            ReadOnlySpan<byte> record = source[end..];
            uint length = ReadLength(record);
            if (length - Size > (uint)record.Length)
            {
                break;
            }

            int encoded = FormatLimits.AlignField((int)length);
            if (encoded > record.Length
                || !Verify(record, encoded, saltState, offset + end, sequence + count))
            {
                break;
            }

            end += encoded;
            count++;
        }

        return end;
    }

    /// <summary>Sequence of a record, as its header says.</summary>
    internal static long ReadSequence(ReadOnlySpan<byte> source) =>
        ReadInt64LittleEndian(source[16..]);

    /// <summary>Flags of a verified record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static RecordFlags ReadFlags(ReadOnlySpan<byte> source) => (RecordFlags)source[9];

    /// <summary>Whole words; short ones in line, since a call costs as much as a short record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint AppendWords(uint state, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length >= 384)
        {
            return Crc32C.Append(state, bytes);
        }

        ref byte at = ref MemoryMarshal.GetReference(bytes);
        nint left = bytes.Length;
        while (left >= 4 * sizeof(ulong))
        {
            state = Crc32C.Append(state, Word(ref at, 0));
            state = Crc32C.Append(state, Word(ref at, 8));
            state = Crc32C.Append(state, Word(ref at, 16));
            state = Crc32C.Append(state, Word(ref at, 24));
            at = ref Unsafe.Add(ref at, 32);
            left -= 32;
        }

        while (left > 0)
        {
            state = Crc32C.Append(state, Word(ref at, 0));
            at = ref Unsafe.Add(ref at, 8);
            left -= 8;
        }

        return state;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Word(ref byte at, nint offset)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref at, offset));
        return BitConverter.IsLittleEndian ? word : ReverseEndianness(word);
    }
}
