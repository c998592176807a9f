using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>A live segment and how much of it is copied.</summary>
/// <param name="Segment">The segment, pinned.</param>
/// <param name="EndOffset">Where it is cut: between two groups.</param>
internal sealed record PicturedSegment(Segment Segment, long EndOffset)
{
    /// <summary>As the manifest lists it; 0 as the last sequence where it is not known.</summary>
    internal ManifestSegment Listed(long lastSequence) => new(
        Segment.Header.FileNumber,
        Segment.Header.SegmentId,
        Segment.Header.Salt,
        Segment.FirstSequence,
        EndOffset,
        lastSequence,
        Segment.Header.Alignment);

    /// <summary>Name of its copy.</summary>
    internal string Name => FileNames.BackupSegment(
        Segment.Header.SegmentId, Segment.Header.Salt, EndOffset);
}
