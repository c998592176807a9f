using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>What stands at an offset of a segment: a group, or a hole where none is valid.</summary>
/// <param name="Offset">Where it begins.</param>
/// <param name="End">Where the next one begins, or must begin.</param>
/// <param name="IsGroup">Whether it is a group, with a valid header; its records may be damaged.</param>
/// <param name="Group">
/// The group; of a hole, the one that follows it at its end: default where none does.
/// </param>
internal readonly record struct GroupStep(long Offset, long End, bool IsGroup, GroupHeader Group);

/// <summary>
/// Finds groups in a file and walks their records, whatever else is wrong with it.
/// </summary>
/// <remarks>
/// Not thread-safe. Owns the file. Verify, dump, salvage and stat go through a segment by
/// <see cref="Walk"/>; recovery, which stops where a group is not whole, by
/// <see cref="SegmentScanner"/>.
/// </remarks>
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

    /// <summary>
    /// Goes from group to group. What stands within a group is passed over, whatever it looks like.
    /// </summary>
    /// <param name="own">Whose groups; null for those of every segment.</param>
    /// <param name="from">Where the first one must stand.</param>
    /// <param name="limit">Where to stop.</param>
    /// <param name="stale">
    /// Also gives groups of other segments: remains of an earlier life, so that only their first block
    /// is passed over.
    /// </param>
    /// <param name="overHoles">Or ends where no group stands, without a look at what follows.</param>
    internal IEnumerable<GroupStep> Walk(
        SegmentIdentity? own, long from, long limit, bool stale = false, bool overHoles = true)
    {
        SegmentIdentity? wanted = stale ? null : own;
        for (long at = from; at < limit;)
        {
            GroupStep step;
            if (TryReadHeader(wanted, at, limit, out GroupHeader group))
            {
                bool isStale = own is { } identity && group.Identity != identity;
                step = new GroupStep(
                    at, isStale ? at + Alignment : NextOffset(group), true, group);
            }
            else if (!overHoles)
            {
                yield break;
            }
            else
            {
                bool found = TryFindHeader(wanted, at + Alignment, limit, out group);
                step = new GroupStep(at, found ? group.Offset : limit, false, group);
            }

            yield return step;
            at = step.End;
        }
    }

    /// <summary>The next valid group at or behind a place; false where there is none.</summary>
    internal bool TryFindHeader(
        SegmentIdentity? own, long from, long limit, out GroupHeader header)
    {
        for (long at = from; at < limit; at += Alignment)
        {
            if (TryReadHeader(own, at, limit, out header))
            {
                return true;
            }
        }

        header = default;
        return false;
    }

    /// <summary>A valid group header, of one segment or, for null, of any.</summary>
    internal bool TryReadHeader(
        SegmentIdentity? own, long at, long limit, out GroupHeader header)
    {
        ReadOnlySpan<byte> head = _window.Read(at, GroupHeader.Size, limit);
        return own is { } identity
            ? identity.TryReadGroup(head, at, out header)
            : GroupHeader.TryRead(head, at, out header);
    }

    /// <summary>
    /// Whether a damaged group header stands there: the segment's identity in clear, and no footer,
    /// which carries it too.
    /// </summary>
    internal bool IsTornHeader(SegmentIdentity own, long at, long limit) =>
        own.IsInClear(_window.Read(at, GroupHeader.Size, limit));

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
            _window, header.Identity, Math.Min(limit, header.Offset + header.Length), sink)
            .Run(
                header.Offset + GroupHeader.Size,
                header.FirstSequence,
                header.NextSequence - 1);

    /// <summary>
    /// Walks records without a group header: from where the first must stand to a limit.
    /// </summary>
    internal long WalkRecords(
        SegmentIdentity own, long from, long limit, SequenceRange range, IRecordSink sink) =>
        new RecordWalk(_window, own, limit, sink).Run(from, range.First, range.Last);

    public void Dispose() => _window.Dispose();
}
