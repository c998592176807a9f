namespace LogEngine;

/// <summary>How far a backup or a restore has got.</summary>
/// <param name="File">The file at hand.</param>
/// <param name="BytesDone">Bytes copied so far.</param>
/// <param name="BytesTotal">Bytes to be copied; what is there already is not counted.</param>
public readonly record struct BackupProgress(string File, long BytesDone, long BytesTotal);
