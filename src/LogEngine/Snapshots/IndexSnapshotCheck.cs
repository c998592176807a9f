using LogEngine.Storage;

namespace LogEngine.Snapshots;

/// <summary>Verifies a snapshot of the index without loading it.</summary>
internal static class IndexSnapshotCheck
{
    /// <summary>
    /// Verifies every block, and that it is the one that is listed, where that says which; gives the
    /// header.
    /// </summary>
    /// <exception cref="CorruptionException">It is damaged, another one, or another store's.</exception>
    /// <exception cref="StorageNotFoundException">It is missing.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    internal static SnapshotHeader Run(
        IFileSystem files, string path, Guid storeId, ManifestSnapshot listed)
    {
        SnapshotPlace place = new(files, path, listed, storeId, ForWriting: false);
        using SnapshotSource source = place.Open();
        Span<byte> id = stackalloc byte[16];
        if (source.Read(id) != id.Length || new Guid(id, bigEndian: true) != storeId)
        {
            throw new CorruptionException(path, SnapshotHeader.Size, "it is another store's");
        }

        byte[] rest = new byte[SnapshotBlock.MaxPayload];
        while (source.Read(rest) > 0)
        {
            // Reading verifies.
        }

        return source.Header;
    }
}
