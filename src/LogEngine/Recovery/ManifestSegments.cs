using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>Live segments as the manifest lists them.</summary>
internal static class ManifestSegments
{
    /// <summary>
    /// Those that hold a record at or below the durable sequence: a segment is listed only once it
    /// durably holds one.
    /// </summary>
    internal static IReadOnlyList<ManifestSegment> Of(
        IEnumerable<Segment> segments, long durableSequence) =>
    [
        .. segments
            .Where(s => s.FirstSequence <= durableSequence && s.FirstSequence <= s.LastSequence)
            .Select(Of),
    ];

    private static ManifestSegment Of(Segment segment) => new(
        segment.Header.FileNumber,
        segment.Header.SegmentId,
        segment.Header.Salt,
        segment.FirstSequence,
        segment.IsSealed ? segment.ReadableEnd : 0,
        segment.IsSealed ? segment.LastSequence : 0,
        segment.Header.Alignment);
}
