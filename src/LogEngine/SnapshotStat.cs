namespace LogEngine;

/// <summary>A snapshot of an index as <see cref="LogDirectory.StatAsync"/> sees it.</summary>
/// <param name="File">Name of its file, without the directory.</param>
/// <param name="Sequence">The sequence that it stands for.</param>
/// <param name="FileBytes">Length of its file in bytes.</param>
public sealed record SnapshotStat(string File, long Sequence, long FileBytes);
