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
        foreach (GroupStep step in reader.Walk(segment.Identity, segment.FirstOffset, limit))
        {
            progress.Add(segment.Path, step.End - step.Offset);
            if (!step.IsGroup)
            {
                continue;
            }

            GroupHeader group = step.Group;
            count = new SegmentCount(
                count.Groups + 1,
                count.Records + group.RecordCount,
                count.PayloadBytes
                    + (group.Length - GroupHeader.Size
                        - ((long)group.RecordCount * RecordHeader.Size)),
                group.NextSequence - 1,
                step.End);
        }

        return count;
    }
}
