namespace LogEngine;

/// <summary>How far a backup or a restore has got.</summary>
/// <param name="File">The file at hand.</param>
/// <param name="BytesDone">Bytes copied so far.</param>
/// <param name="BytesTotal">Bytes to be copied; what is there already is not counted.</param>
public readonly record struct BackupProgress(string File, long BytesDone, long BytesTotal);

/// <summary>How far a compaction is.</summary>
/// <param name="SegmentsDone">Segments read through.</param>
/// <param name="Segments">Segments to be read.</param>
/// <param name="RelocatedBytes">Bytes written so far.</param>
/// <param name="FreedBytes">Bytes of files freed so far.</param>
public readonly record struct CompactionProgress(
    int SegmentsDone, int Segments, long RelocatedBytes, long FreedBytes);

/// <summary>How far a long call on a directory has come.</summary>
/// <param name="Path">The file being read.</param>
/// <param name="BytesDone">Bytes read so far, of all files.</param>
/// <param name="BytesTotal">Bytes to be read, as far as known.</param>
public readonly record struct InspectionProgress(string Path, long BytesDone, long BytesTotal);
