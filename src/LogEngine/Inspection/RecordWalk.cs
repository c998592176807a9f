using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Log;

namespace LogEngine.Inspection;

/// <summary>Takes what a <see cref="RecordWalk"/> meets, in order.</summary>
internal interface IRecordSink
{
    /// <summary>
    /// A record that is whole, with its header and padding; valid during the call.
    /// </summary>
    void Record(long sequence, long offset, ReadOnlySpan<byte> record);

    /// <summary>Bytes that are no record, up to the next whole one or to the end.</summary>
    /// <param name="damage">What is missing there.</param>
    void Damage(RecordDamage damage);
}

/// <summary>A stretch of a group that holds no whole record.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="FirstSequence">First sequence that must have stood there.</param>
/// <param name="LastSequence">The last one; below the first where none is missing.</param>
/// <param name="EndsBatch">
/// Whether the last record of the stretch was the last of its batch; null where that is unknown.
/// </param>
internal readonly record struct RecordDamage(
    long Offset, long FirstSequence, long LastSequence, bool? EndsBatch);

/// <summary>
/// Goes from record to record and over what is damaged: behind a bad record the next one is found
/// by its own bytes, since every record names its sequence and validates only at its place.
/// </summary>
/// <remarks>
/// Opening verifies records in another loop (<see cref="SegmentScanner"/>): it may give up at the
/// first that is not whole, and has to be as fast as the disk.
/// </remarks>
internal ref struct RecordWalk
{
    private const int KindAt = 8;
    private const int FlagsAt = 9;
    private const int SequenceAt = 16;
    private const ulong FlagsMask = 0xFF00;

    /// <summary>
    /// By accident hardly anything looks like a record: kind and sequence are 15 bytes that must be
    /// right. On purpose every few bytes can, each of them as long as all that follows; then only so
    /// much is spent on them, and those whose verdict would cost more are passed over.
    /// </summary>
    private const int BudgetPerByte = 8;

    private const ulong KindWord =
        (ulong)RecordKind.Data | ((ulong)RecordHeader.Size << 24);

    private readonly FileWindow _window;
    private readonly uint _saltState;
    private readonly long _end;
    private readonly IRecordSink _sink;

    /// <summary>Bytes that what merely looks like a record may still cost.</summary>
    private long _budget;

    internal RecordWalk(
        FileWindow window, SegmentIdentity identity, long end, IRecordSink sink)
    {
        _window = window;
        _saltState = identity.SaltState;
        _end = end;
        _sink = sink;
    }

    /// <summary>
    /// Visits the records of a range of sequences; gives the offset behind the last.
    /// </summary>
    internal long Run(long from, long firstSequence, long lastSequence)
    {
        long at = from;
        long expected = firstSequence;
        _budget = Math.Max(0, BudgetPerByte * (_end - from));
        while (expected <= lastSequence)
        {
            if (TryRead(at, expected, out ReadOnlySpan<byte> record))
            {
                _sink.Record(expected, at, record);
                at += record.Length;
                expected++;
                continue;
            }

            long next = Find(
                at + FormatLimits.FieldAlignment, expected, lastSequence, out long found);
            bool? endsBatch = found == expected + 1 ? EndsBatch(at, next, expected) : null;
            _sink.Damage(new RecordDamage(at, expected, found - 1, endsBatch));
            at = next;
            expected = found;
        }

        return at;
    }

    /// <summary>The whole record of a sequence, padding included.</summary>
    private bool TryRead(long at, long sequence, out ReadOnlySpan<byte> record)
    {
        record = default;
        ReadOnlySpan<byte> bytes = _window.Read(at, RecordHeader.Size, _end);
        if (bytes.Length < RecordHeader.Size)
        {
            return false;
        }

        uint length = RecordHeader.ReadLength(bytes);
        if (length is < RecordHeader.Size or > RecordHeader.Size + FormatLimits.MaxPayloadBytes)
        {
            return false;
        }

        int encoded = FormatLimits.AlignField((int)length);
        if (encoded > _end - at)
        {
            return false;
        }

        if (bytes.Length < encoded)
        {
            bytes = _window.Read(at, encoded, _end);
        }

        if (bytes.Length < encoded
            || !RecordHeader.Verify(bytes, encoded, _saltState, at, sequence))
        {
            return false;
        }

        record = bytes[..encoded];
        return true;
    }

    /// <summary>
    /// The next whole record of a range of sequences; at the end, one above the range, if none is.
    /// </summary>
    private long Find(long from, long lowest, long highest, out long sequence)
    {
        long at = from;
        while (at + RecordHeader.Size <= _end)
        {
            ReadOnlySpan<byte> bytes = _window.Read(at, RecordHeader.Size, _end);
            int i = 0;
            sequence = 0;
            for (; i + RecordHeader.Size <= bytes.Length; i += FormatLimits.FieldAlignment)
            {
                sequence = ReadSequence(bytes[i..]);
                if (HasKind(bytes[i..]) && sequence >= lowest && sequence <= highest)
                {
                    break;
                }
            }

            if (i == 0 && bytes.Length < RecordHeader.Size)
            {
                break;
            }

            bool candidate = i + RecordHeader.Size <= bytes.Length;
            at += i;
            if (candidate && TryAfford(bytes[i..]) && TryRead(at, sequence, out _))
            {
                return at;
            }

            at += candidate ? FormatLimits.FieldAlignment : 0;
        }

        sequence = highest + 1;
        return _end;
    }

    private bool TryAfford(ReadOnlySpan<byte> candidate)
    {
        long cost = RecordHeader.ReadLength(candidate);
        if (cost > _budget)
        {
            return false;
        }

        _budget -= cost;
        return true;
    }

    /// <summary>
    /// Whether a damaged record was the last of its batch, from its own header where most of that
    /// still agrees with what stands around it; null where it does not.
    /// </summary>
    private bool? EndsBatch(long at, long next, long sequence)
    {
        if (next - at is < RecordHeader.Size or > RecordHeader.Size + FormatLimits.MaxPayloadBytes)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = _window.Read(at, (int)(next - at), _end);
        if (bytes.Length < next - at || bytes[FlagsAt] > (byte)RecordFlags.EndOfBatch)
        {
            return null;
        }

        bool kind = HasKind(bytes);
        bool own = ReadSequence(bytes) == sequence;
        bool length = FormatLimits.AlignUp(RecordHeader.ReadLength(bytes), 8) == next - at;
        if ((kind ? 1 : 0) + (own ? 1 : 0) + (length ? 1 : 0) < 2)
        {
            return null;
        }

        bool flag = bytes[FlagsAt] == (byte)RecordFlags.EndOfBatch;
        if (!kind || !own || !length)
        {
            return flag;
        }

        // All of the header agrees: the flag itself may be what is damaged. Then its opposite
        // makes the record whole.
        byte[] opposite = bytes[..(int)(next - at)].ToArray();
        opposite[FlagsAt] ^= (byte)RecordFlags.EndOfBatch;
        return RecordHeader.Verify(opposite, opposite.Length, _saltState, at, sequence)
            ? !flag
            : flag;
    }

    private static bool HasKind(ReadOnlySpan<byte> record) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(record[KindAt..]) & ~FlagsMask) == KindWord;

    private static long ReadSequence(ReadOnlySpan<byte> record) =>
        BinaryPrimitives.ReadInt64LittleEndian(record[SequenceAt..]);
}
