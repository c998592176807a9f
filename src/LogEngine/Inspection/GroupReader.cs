using System.Buffers.Binary;
using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// Finds groups in a file and walks their records, whatever else is wrong with it.
/// </summary>
/// <remarks>Not thread-safe. Owns the file.</remarks>
internal sealed class GroupReader : IDisposable
{
    /// <summary>Enough for headers of groups that are not read.</summary>
    internal const int HeaderWindowBytes = 64 << 10;

    private readonly FileWindow _window;

    internal GroupReader(
        IStorageFile file, int alignment, int windowBytes = FileWindow.DefaultBytes)
    {
        _window = new FileWindow(file, alignment, windowBytes);
        Alignment = alignment;
        Length = file.GetLength();
    }

    internal int Alignment { get; }

    /// <summary>Length of the file when it was opened.</summary>
    internal long Length { get; }

    /// <summary>A valid group header of any segment.</summary>
    internal bool TryReadHeader(long at, long limit, out GroupHeader header) =>
        GroupHeader.TryRead(_window.Read(at, GroupHeader.Size, limit), at, out header);

    /// <summary>A valid group header of one segment.</summary>
    internal bool TryReadHeader(
        InspectedSegment segment, long at, long limit, out GroupHeader header) =>
        TryReadHeader(at, limit, out header)
        && header.SegmentId == segment.SegmentId
        && header.Salt == segment.Salt;

    /// <summary>
    /// The next valid group of a segment at or behind a place; false where there is none.
    /// </summary>
    internal bool TryFindHeader(
        InspectedSegment segment, long from, long limit, out GroupHeader header)
    {
        for (long at = from; at < limit; at += Alignment)
        {
            if (TryReadHeader(segment, at, limit, out header))
            {
                return true;
            }
        }

        header = default;
        return false;
    }

    /// <summary>
    /// Whether a damaged group header stands there: the segment's identity in clear, which a footer
    /// carries too.
    /// </summary>
    internal bool IsTornHeader(InspectedSegment segment, long at, long limit)
    {
        ReadOnlySpan<byte> head = _window.Read(at, GroupHeader.Size, limit);
        return GroupHeader.CarriesIdentity(head, segment.SegmentId, segment.Salt)
            && BinaryPrimitives.ReadUInt32LittleEndian(head) != SegmentFooter.Magic;
    }

    /// <summary>Bytes at a place; fewer at the end. Valid until the next call.</summary>
    internal ReadOnlySpan<byte> Read(long at, int length, long limit)
    {
        ReadOnlySpan<byte> bytes = _window.Read(at, length, limit);
        return bytes[..Math.Min(length, bytes.Length)];
    }

    /// <summary>Offset of the first byte of a range that is not zero; -1 if all are.</summary>
    internal long FindDirty(long from, long to)
    {
        if (to <= from)
        {
            return -1;
        }

        int dirty = Read(from, checked((int)(to - from)), to).IndexOfAnyExcept((byte)0);
        return dirty < 0 ? -1 : from + dirty;
    }

    /// <summary>Where the group after one starts.</summary>
    internal long NextOffset(in GroupHeader header) =>
        FormatLimits.AlignUp(header.Offset + header.Length, Alignment);

    /// <summary>Walks the records of a group; gives the offset behind the last.</summary>
    internal long WalkRecords(in GroupHeader header, long limit, IRecordSink sink) =>
        new RecordWalk(
            _window, header.Salt, Math.Min(limit, header.Offset + header.Length), sink)
            .Run(
                header.Offset + GroupHeader.Size,
                header.FirstSequence,
                header.NextSequence - 1);

    /// <summary>
    /// Walks records without a group header: from where the first must stand to a limit.
    /// </summary>
    internal long WalkRecords(
        InspectedSegment segment, long from, long limit, SequenceRange range, IRecordSink sink) =>
        new RecordWalk(_window, segment.Salt, limit, sink).Run(from, range.First, range.Last);

    public void Dispose() => _window.Dispose();
}
