namespace LogEngine;

/// <summary>How far a long call on a directory has come.</summary>
/// <param name="Path">The file being read.</param>
/// <param name="BytesDone">Bytes read so far, of all files.</param>
/// <param name="BytesTotal">Bytes to be read, as far as known.</param>
public readonly record struct InspectionProgress(string Path, long BytesDone, long BytesTotal);
