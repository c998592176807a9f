using LogEngine.Format;

namespace LogEngine.Log;

/// <summary>What a log that is open for writing begins with.</summary>
/// <param name="Files">Makes and removes its files.</param>
/// <param name="Segments">Live segments that are complete, oldest first.</param>
/// <param name="Header">Header of the segment that is written first: durable already.</param>
/// <param name="File">That segment's file.</param>
/// <param name="GroupCap">Most bytes of a group, unless it holds one larger batch alone.</param>
internal sealed record LogStart(
    LogFiles Files,
    IReadOnlyList<Segment> Segments,
    SegmentHeader Header,
    PreparedFile File,
    int GroupCap);
