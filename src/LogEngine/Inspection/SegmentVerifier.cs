using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>Where a walk over groups ended.</summary>
/// <param name="Offset">Where the next group would stand, or the one that failed stands.</param>
/// <param name="NextSequence">The sequence it must begin with.</param>
/// <param name="SealOffset">Where the seal stands; 0 where none was met.</param>
internal readonly record struct WalkEnd(long Offset, long NextSequence, long SealOffset);

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
        foreach (GroupStep step in reader.Walk(
            segment.Identity, from, limit, overHoles: overDamage))
        {
            if (!step.IsGroup)
            {
                ReportHole(step, expected, limit);
                at = step.End;
                continue;
            }

            if (!_check.Judge(step.Group, expected, limit, overDamage))
            {
                break;
            }

            Index.Add(new SparseEntry(step.Group.FirstSequence, at, step.Group.TimeTicks));
            expected = step.Group.NextSequence;
            long next = Math.Min(step.End, limit);
            tally.Bytes += next - at;
            progress.Add(segment.Path, next - at);
            if (step.Group.Flags.HasFlag(GroupFlags.Seal))
            {
                return EndAtSeal(at, next, expected, limit, overDamage);
            }

            at = next;
        }

        return new WalkEnd(at, expected, 0);
    }

    /// <summary>Where a group must stand there is none; what follows a hole at the end is none.</summary>
    private void ReportHole(GroupStep hole, long expected, long limit)
    {
        bool found = hole.End < limit;
        if (found || segment.EndOffset != 0)
        {
            tally.Corruption(
                segment.Path,
                hole.Offset,
                $"no valid group where sequence {expected} must follow"
                + (found
                    ? $"; the next valid group stands at {hole.End} with sequence "
                      + $"{hole.Group.FirstSequence}"
                    : $" before the segment's end at {limit}"));
        }
    }

    private WalkEnd EndAtSeal(long seal, long next, long expected, long limit, bool overDamage)
    {
        bool more = overDamage
            && reader.TryFindHeader(segment.Identity, next, limit, out _);
        if (more)
        {
            tally.Corruption(segment.Path, next, "a group stands behind the seal");
        }

        return new WalkEnd(next, expected, seal);
    }
}
