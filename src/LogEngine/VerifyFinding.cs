namespace LogEngine;

/// <summary>Something that was found in a log directory.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Path">The file, or the directory where a file is missing.</param>
/// <param name="Offset">Byte offset in the file; -1 where the whole file is meant.</param>
/// <param name="Reason">What was expected and what was found.</param>
public sealed record VerifyFinding(
    FindingSeverity Severity, string Path, long Offset, string Reason);
