using System.Runtime.CompilerServices;
using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Log;

/// <summary>What stands at an offset of a segment.</summary>
internal enum GroupVerdict
{
    /// <summary>A valid header and all of its records.</summary>
    Whole,

    /// <summary>A valid header; its records are not all there.</summary>
    TornBody,

    /// <summary>No valid header, but the segment's id and salt in clear.</summary>
    TornHeader,

    /// <summary>Neither: zeros, stale bytes, or the end of the file.</summary>
    Nothing,
}

/// <summary>Judges the groups of one segment, byte by byte. Not thread-safe.</summary>
/// <remarks>
/// It is strict: a group counts with all of its records or not at all, and what follows one that does
/// not count is nobody's to guess. That is what opening, backup and compaction need. Whoever describes
/// or rescues what is damaged goes on over it, group by group and record by record: that other walk is
/// in Inspection (GroupReader, RecordWalk).
/// </remarks>
internal sealed class SegmentScanner : IDisposable
{
    private readonly FileWindow _window;

    internal SegmentScanner(IStorageFile file, SegmentIdentity identity, int alignment)
    {
        try
        {
            Length = file.GetLength();
        }
        catch
        {
            // Owned from the call on, whatever becomes of it.
            file.Dispose();
            throw;
        }

        _window = new FileWindow(file, alignment, Length);
        Identity = identity;
        Alignment = alignment;
        SaltState = identity.SaltState;
    }

    /// <summary>Length of the file when the scan began.</summary>
    internal long Length { get; }

    internal SegmentIdentity Identity { get; }

    internal int Alignment { get; }

    private uint SaltState { get; }

    /// <summary>Where the last torn body broke: the first record that is not valid.</summary>
    internal long BrokenAt { get; private set; }

    /// <summary>Bytes of records that were verified so far, some perhaps more than once.</summary>
    internal long VerifiedBytes { get; private set; }

    /// <summary>
    /// Judges what stands at an offset, reading nothing at or behind the limit. The header is valid
    /// for <see cref="GroupVerdict.Whole"/> and <see cref="GroupVerdict.TornBody"/>.
    /// </summary>
    internal GroupVerdict Judge(long offset, long limit, out GroupHeader header)
    {
        GroupVerdict verdict = JudgeHeader(offset, limit, out header);
        return verdict == GroupVerdict.TornBody && VerifyRecords(header, limit)
            ? GroupVerdict.Whole
            : verdict;
    }

    /// <summary>
    /// The same without a look at the records: <see cref="GroupVerdict.TornBody"/> for whatever has
    /// a valid header.
    /// </summary>
    internal GroupVerdict JudgeHeader(long offset, long limit, out GroupHeader header)
    {
        ReadOnlySpan<byte> head = _window.Read(offset, GroupHeader.Size, limit);
        if (!Identity.TryReadGroup(head, offset, out header))
        {
            header = default;
            return Identity.IsInClear(head)
                ? GroupVerdict.TornHeader
                : GroupVerdict.Nothing;
        }

        return GroupVerdict.TornBody;
    }

    /// <summary>Where the group after this one starts.</summary>
    internal long NextOffset(in GroupHeader header) =>
        FormatLimits.AlignUp(header.Offset + header.Length, Alignment);

    /// <summary>Offset of the first byte between a group and the next that is not zero; -1 if none.</summary>
    internal long FindDirtyPadding(in GroupHeader header, long limit)
    {
        long at = header.Offset + header.Length;
        int length = (int)(Math.Min(NextOffset(header), limit) - at);
        if (length <= 0)
        {
            return -1;
        }

        int dirty = _window.Read(at, length, limit)[..length].IndexOfAnyExcept((byte)0);
        return dirty < 0 ? -1 : at + dirty;
    }

    /// <summary>Visits the records of a group that has been found whole.</summary>
    internal void VisitRecords(in GroupHeader header, RecordVisitor visit)
    {
        long at = header.Offset + GroupHeader.Size;
        long end = header.Offset + header.Length;
        for (int i = 0; i < header.RecordCount; i++)
        {
            int encoded = ReadEncodedLength(at, end);
            ReadOnlySpan<byte> record = _window.Read(at, encoded, end)[..encoded];
            int length = (int)RecordHeader.ReadLength(record);
            visit(
                header.FirstSequence + i,
                at,
                RecordHeader.ReadFlags(record),
                record[RecordHeader.Size..length]);
            at += encoded;
        }
    }

    public void Dispose() => _window.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool VerifyRecords(in GroupHeader header, long limit)
    {
        long at = header.Offset + GroupHeader.Size;
        long end = header.Offset + header.Length;
        BrokenAt = at;
        if (end > limit)
        {
            return false;
        }

        RecordFlags last = RecordFlags.EndOfBatch;
        for (int i = 0; i < header.RecordCount; i++)
        {
            BrokenAt = at;
            int encoded = ReadEncodedLength(at, end);
            if (encoded == 0)
            {
                return false;
            }

            ReadOnlySpan<byte> record = _window.Read(at, encoded, end);
            VerifiedBytes += encoded;
            if (record.Length < encoded
                || !RecordHeader.Verify(record, encoded, SaltState, at, header.FirstSequence + i))
            {
                return false;
            }

            last = RecordHeader.ReadFlags(record);
            at += encoded;
        }

        BrokenAt = at;
        return at == end && last.HasFlag(RecordFlags.EndOfBatch);
    }

    /// <summary>Padded length of the record at an offset; 0 where it cannot be one.</summary>
    private int ReadEncodedLength(long at, long end)
    {
        if (end - at < RecordHeader.Size)
        {
            return 0;
        }

        ReadOnlySpan<byte> head = _window.Read(at, RecordHeader.Size, end);
        if (head.Length < RecordHeader.Size)
        {
            return 0;
        }

        uint length = RecordHeader.ReadLength(head);
        if (length < RecordHeader.Size || length > RecordHeader.Size + FormatLimits.MaxPayloadBytes)
        {
            return 0;
        }

        int encoded = FormatLimits.AlignField((int)length);
        return encoded <= end - at ? encoded : 0;
    }
}

/// <summary>Sees one record; the payload is valid during the call.</summary>
internal delegate void RecordVisitor(
    long sequence, long offset, RecordFlags flags, ReadOnlySpan<byte> payload);
