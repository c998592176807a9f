namespace LogEngine;

/// <summary>How far a compaction is.</summary>
/// <param name="SegmentsDone">Segments read through.</param>
/// <param name="Segments">Segments to be read.</param>
/// <param name="RelocatedBytes">Bytes written so far.</param>
/// <param name="FreedBytes">Bytes of files freed so far.</param>
public readonly record struct CompactionProgress(
    int SegmentsDone, int Segments, long RelocatedBytes, long FreedBytes);
