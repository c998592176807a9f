using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>Judges every byte of one segment's groups.</summary>
internal sealed class SegmentVerifier(
    InspectedSegment segment, GroupReader reader, VerifyTally tally, ProgressMeter progress)
{
    private readonly GroupCheck _check = new(segment, reader, tally);

    /// <summary>Groups seen, in order.</summary>
    internal List<SparseEntry> Index { get; } = [];

    /// <summary>Walks a segment whose end is known or does not matter, over all damage.</summary>
    internal WalkEnd WalkOver(long from, long expected, long limit) =>
        Walk(from, expected, limit, overDamage: true);

    /// <summary>Walks up to the first group that is not whole, or has the wrong sequence.</summary>
    internal WalkEnd WalkToTail(long from, long expected) =>
        Walk(from, expected, reader.Length, overDamage: false);

    /// <summary>The header block behind the header is zero.</summary>
    internal void CheckHeaderBlock()
    {
        tally.Bytes += segment.Alignment;
        progress.Add(segment.Path, segment.Alignment);
        if (segment.Header is null)
        {
            tally.Corruption(
                segment.Path,
                0,
                $"the segment header is damaged; the file holds groups of segment "
                + $"{segment.SegmentId}");
            return;
        }

        long dirty = reader.FindDirty(SegmentHeader.Size, segment.Alignment);
        if (dirty >= 0)
        {
            tally.Corruption(segment.Path, dirty, "padding of the segment header is not zero");
        }
    }

    private WalkEnd Walk(long from, long expected, long limit, bool overDamage)
    {
        long at = from;
        while (at < limit)
        {
            if (!reader.TryReadHeader(segment, at, limit, out GroupHeader group))
            {
                if (!overDamage || !TryFindNext(at, expected, limit, out at))
                {
                    break;
                }

                continue;
            }

            if (!_check.Judge(group, expected, limit, overDamage))
            {
                break;
            }

            Index.Add(new SparseEntry(group.FirstSequence, at, group.TimeTicks));
            expected = group.NextSequence;
            long next = Math.Min(reader.NextOffset(group), limit);
            tally.Bytes += next - at;
            progress.Add(segment.Path, next - at);
            if (group.Flags.HasFlag(GroupFlags.Seal))
            {
                return EndAtSeal(at, next, expected, limit, overDamage);
            }

            at = next;
        }

        return new WalkEnd(at, expected, 0);
    }

    /// <summary>
    /// Where a group must stand there is none: reports the hole, gives what follows it.
    /// </summary>
    private bool TryFindNext(long at, long expected, long limit, out long next)
    {
        bool found = reader.TryFindHeader(
            segment, at + reader.Alignment, limit, out GroupHeader group);
        next = found ? group.Offset : limit;
        if (found || segment.EndOffset != 0)
        {
            tally.Corruption(
                segment.Path,
                at,
                $"no valid group where sequence {expected} must follow"
                + (found
                    ? $"; the next valid group stands at {next} with sequence "
                      + $"{group.FirstSequence}"
                    : $" before the segment's end at {limit}"));
        }

        return found;
    }

    private WalkEnd EndAtSeal(long seal, long next, long expected, long limit, bool overDamage)
    {
        bool more = overDamage
            && reader.TryFindHeader(segment, next, limit, out GroupHeader _);
        if (more)
        {
            tally.Corruption(segment.Path, next, "a group stands behind the seal");
        }

        return new WalkEnd(next, expected, seal);
    }
}
