namespace LogEngine.Testing.Disk;

/// <summary>A file at a moment.</summary>
internal sealed record InodeSnapshot(
    ulong Id, SimContent Durable, SimContent Cached, IReadOnlyList<DataChange> Pending);

/// <summary>A directory at a moment.</summary>
internal sealed record DirectorySnapshot(
    Dictionary<string, SimInode> Durable, IReadOnlyList<DirectoryChange> Pending);

/// <summary>
/// A disk at a moment: all that is needed to derive what a crash there may leave.
/// </summary>
/// <param name="Operation">Operations done before it.</param>
/// <param name="Directories">By path.</param>
/// <param name="Inodes">By id.</param>
internal sealed record DiskSnapshot(
    long Operation,
    IReadOnlyDictionary<string, DirectorySnapshot> Directories,
    IReadOnlyDictionary<ulong, InodeSnapshot> Inodes);
