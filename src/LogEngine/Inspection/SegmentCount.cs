using LogEngine.Format;

namespace LogEngine.Inspection;

/// <summary>What the group headers of a segment add up to.</summary>
internal readonly record struct SegmentCount(
    long Groups, long Records, long PayloadBytes, long LastSequence, long End)
{
    internal static SegmentCount Of(
        InspectedSegment segment, GroupReader reader, long limit, ProgressMeter progress)
    {
        SegmentCount count = new(0, 0, 0, segment.FirstSequence - 1, segment.FirstOffset);
        long at = segment.FirstOffset;
        while (at < limit && reader.TryFindHeader(segment, at, limit, out GroupHeader group))
        {
            long next = reader.NextOffset(group);
            progress.Add(segment.Path, next - at);
            count = new SegmentCount(
                count.Groups + 1,
                count.Records + group.RecordCount,
                count.PayloadBytes
                    + (group.Length - GroupHeader.Size
                        - ((long)group.RecordCount * RecordHeader.Size)),
                group.NextSequence - 1,
                next);
            at = next;
        }

        return count;
    }
}
