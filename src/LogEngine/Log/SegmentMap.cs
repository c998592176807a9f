using System.Collections.Immutable;

namespace LogEngine.Log;

/// <summary>The live segments in order of sequence, and where the log starts. Immutable.</summary>
internal sealed class SegmentMap(ImmutableArray<Segment> segments, long lowWaterSequence)
{
    internal ImmutableArray<Segment> Segments { get; } = segments;

    /// <summary>First readable sequence.</summary>
    internal long LowWaterSequence { get; } = lowWaterSequence;

    internal SegmentMap With(Segment added) => new(Segments.Add(added), LowWaterSequence);

    /// <summary>With a new segment in the place of the last one.</summary>
    internal SegmentMap WithLast(Segment replacement) =>
        new(Segments.SetItem(Segments.Length - 1, replacement), LowWaterSequence);

    /// <summary>Segments that hold only sequences below a low-water mark.</summary>
    internal int CountBelow(long sequence)
    {
        int count = 0;
        while (count < Segments.Length
            && Segments[count].IsSealed
            && Segments[count].LastSequence < sequence)
        {
            count++;
        }

        return count;
    }

    internal SegmentMap Without(int leading, long lowWaterSequence) =>
        new(Segments.RemoveRange(0, leading), lowWaterSequence);

    internal SegmentMap WithoutAny(IReadOnlySet<Segment> freed) =>
        new([.. Segments.Where(s => !freed.Contains(s))], LowWaterSequence);

    /// <summary>Index of the last segment that starts at or below a sequence; -1 for none.</summary>
    internal int IndexOf(long sequence)
    {
        int low = 0;
        int high = Segments.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (Segments[middle].FirstSequence <= sequence)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low - 1;
    }

    /// <summary>The segment after one with that id; null where there is none yet.</summary>
    internal Segment? After(ulong segmentId)
    {
        foreach (Segment segment in Segments)
        {
            if (segment.Header.SegmentId > segmentId)
            {
                return segment;
            }
        }

        return null;
    }
}
