using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>
/// The highest position and the highest sequence that anything on disk names as durable. Positions
/// are ordered by segment id, then offset.
/// </summary>
internal readonly record struct Attestation(ulong SegmentId, long EndOffset, long Sequence)
{
    /// <summary>What a segment's header names: its predecessor's end.</summary>
    internal static Attestation Of(SegmentHeader header) => new(
        header.Predecessor.SegmentId, header.Predecessor.EndOffset, header.FirstSequence - 1);

    internal Attestation With(DurableMark mark) =>
        With(mark.SegmentId, mark.EndOffset, mark.Sequence);

    internal Attestation With(Attestation other) =>
        With(other.SegmentId, other.EndOffset, other.Sequence);

    /// <summary>What a manifest names: its next sequence, and the ends of closed segments.</summary>
    internal Attestation With(Manifest manifest)
    {
        Attestation all = With(0, 0, manifest.NextSequence - 1);
        foreach (ManifestSegment segment in manifest.Segments)
        {
            if (segment.EndOffset != 0)
            {
                all = all.With(segment.SegmentId, segment.EndOffset, segment.LastSequence);
            }
        }

        return all;
    }

    /// <summary>Whether it names anything at or behind where the log was found to end.</summary>
    internal bool Exceeds(ulong segmentId, long endOffset, long lastSequence) =>
        Sequence > lastSequence
        || SegmentId > segmentId
        || (SegmentId == segmentId && EndOffset > endOffset);

    private Attestation With(ulong segmentId, long endOffset, long sequence)
    {
        bool further = segmentId > SegmentId
            || (segmentId == SegmentId && endOffset > EndOffset);
        return new Attestation(
            further ? segmentId : SegmentId,
            further ? endOffset : EndOffset,
            Math.Max(Sequence, sequence));
    }
}
