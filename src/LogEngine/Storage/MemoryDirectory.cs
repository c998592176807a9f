namespace LogEngine.Storage;

/// <summary>A directory of a <see cref="MemoryFileSystem"/>, under whatever path. Under its gate.</summary>
internal sealed class MemoryDirectory(FileIdentity identity)
{
    internal FileIdentity Identity => identity;

    internal Dictionary<string, MemoryInode> Names { get; } = [];
}
