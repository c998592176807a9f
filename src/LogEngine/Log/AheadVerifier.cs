using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>Bytes of a file, in which every record is right.</summary>
/// <param name="From">Where a record begins, or a group.</param>
/// <param name="To">Where a record ends.</param>
internal readonly record struct VerifiedRange(long From, long To)
{
    internal bool Contains(long offset) => offset >= From && offset < To;
}

/// <summary>
/// Verifies the records of a segment while its bytes come along in order, on the thread that reads
/// them ahead.
/// </summary>
/// <remarks>
/// Not thread-safe. It follows the chain of groups and records, from the first group header that it
/// meets. It only says what is right: a record across two reads, one that is damaged and all behind it
/// up to the next group are left to whoever wants them, who verifies for himself and says what is
/// wrong.
/// </remarks>
internal sealed class AheadVerifier(SegmentHeader segment)
{
    private readonly uint _saltState = Crc32C.Append(Crc32C.Start, segment.Salt);

    /// <summary>Where the next record begins, or the next group; -1 where that is not known.</summary>
    private long _at = -1;

    /// <summary>What is left of the group, and the sequence of its next record.</summary>
    private int _recordsLeft;
    private long _sequence;

    /// <summary>Forgets where it was: other bytes come next.</summary>
    internal void Forget() => _at = -1;

    /// <summary>Verifies what begins in these bytes, which follow those of the last call.</summary>
    /// <param name="bytes">The bytes, from a multiple of the alignment on.</param>
    /// <param name="offset">Their offset in the file.</param>
    /// <returns>Where every record is right; group headers and the gaps before them are in it.</returns>
    internal VerifiedRange Verify(ReadOnlySpan<byte> bytes, long offset)
    {
        if (_at < 0)
        {
            _at = FindGroup(bytes, offset);
        }

        if (_at < offset || _at >= offset + bytes.Length)
        {
            return default;
        }

        long from = _at;
        long to = _at;
        while (_at >= 0 && _at < offset + bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[(int)(_at - offset)..];
            if (_recordsLeft == 0)
            {
                EnterGroup(rest);
                continue;
            }

            int run = RecordHeader.VerifyRun(
                rest, _saltState, _at, _sequence, _recordsLeft, int.MaxValue, out int count);
            to = _at + run;
            Pass(run, count);
            if (_recordsLeft > 0)
            {
                PassAcross(rest[run..]);
            }
        }

        return new VerifiedRange(from, to);
    }

    private long FindGroup(ReadOnlySpan<byte> bytes, long offset)
    {
        int step = segment.Alignment;
        for (int at = 0; at < bytes.Length; at += step)
        {
            if (TryReadGroup(bytes[at..], offset + at, out _))
            {
                _recordsLeft = 0;
                return offset + at;
            }
        }

        return -1;
    }

    private void EnterGroup(ReadOnlySpan<byte> bytes)
    {
        if (!TryReadGroup(bytes, _at, out GroupHeader group))
        {
            _at = -1;
            return;
        }

        _at += GroupHeader.Size;
        _sequence = group.FirstSequence;
        _recordsLeft = group.RecordCount;
        Pass(0, 0);
    }

    private bool TryReadGroup(ReadOnlySpan<byte> bytes, long offset, out GroupHeader group) =>
        segment.Identity.TryReadGroup(bytes, offset, out group);

    /// <summary>Goes on behind a record of which the rest comes with the next bytes.</summary>
    private void PassAcross(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        // Reads end at multiples of eight bytes, at which records begin: its length is there.
        uint length = bytes.Length < sizeof(ulong) ? 0 : RecordHeader.ReadLength(bytes);
        if (length - RecordHeader.Size > FormatLimits.MaxPayloadBytes
            || FormatLimits.AlignField((int)length) <= bytes.Length)
        {
            // Damaged.
            _at = -1;
            return;
        }

        Pass(FormatLimits.AlignField((int)length), 1);
    }

    private void Pass(int bytes, int records)
    {
        _at += bytes;
        _sequence += records;
        _recordsLeft -= records;
        if (_recordsLeft == 0)
        {
            _at = FormatLimits.AlignUp(_at, segment.Alignment);
        }
    }
}
