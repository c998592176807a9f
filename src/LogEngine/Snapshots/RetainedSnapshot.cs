namespace LogEngine.Snapshots;

/// <summary>A snapshot that the manifest lists.</summary>
/// <param name="FileNumber">Number of its file.</param>
/// <param name="Sequence">The sequence it stands for.</param>
/// <param name="Bytes">Bytes of its payload.</param>
internal readonly record struct RetainedSnapshot(ulong FileNumber, long Sequence, long Bytes);
