namespace LogEngine;

/// <summary>Something that a salvage could not copy.</summary>
/// <param name="Path">The file, or the directory where a file is missing.</param>
/// <param name="Offset">Byte offset in the file; -1 where the whole file is meant.</param>
/// <param name="FirstSequence">First sequence that is missing.</param>
/// <param name="LastSequence">Last sequence that is missing, as far as anything names it.</param>
/// <param name="Reason">What was found there.</param>
public sealed record SalvageGap(
    string Path, long Offset, long FirstSequence, long LastSequence, string Reason);
