namespace LogEngine.Snapshots;

/// <summary>A snapshot that the manifest lists.</summary>
/// <param name="FileNumber">Number of its file.</param>
/// <param name="Sequence">The sequence it stands for.</param>
/// <param name="Bytes">Bytes of its payload.</param>
/// <param name="Salt">Salt in its header.</param>
internal readonly record struct RetainedSnapshot(
    ulong FileNumber, long Sequence, long Bytes, ulong Salt);
