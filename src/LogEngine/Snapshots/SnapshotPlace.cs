using LogEngine.Storage;

namespace LogEngine.Snapshots;

/// <summary>A file that is to be a snapshot of an index, and what it must be.</summary>
/// <param name="Files">The file system.</param>
/// <param name="Path">The file.</param>
/// <param name="Listed">What the manifest says of it; the default if nothing.</param>
/// <param name="StoreId">Whose it must be.</param>
/// <param name="ForWriting">Also refuses features that a mere reader may ignore.</param>
internal readonly record struct SnapshotPlace(
    IFileSystem Files, string Path, ManifestSnapshot Listed, Guid StoreId, bool ForWriting)
{
    /// <summary>Opens it, behind its header, which is the one that is listed.</summary>
    /// <exception cref="StorageNotFoundException">No such file.</exception>
    /// <exception cref="CorruptionException">Its header is damaged, or another's.</exception>
    /// <exception cref="IncompatibleFormatException">A newer version wrote it.</exception>
    internal SnapshotSource Open()
    {
        SnapshotSource source = SnapshotSource.Open(Files, Path, ForWriting);
        try
        {
            Listed.Require(source.Header, Path);
            return IndexSnapshotFormat.IsKnown(source.Header.ContentVersion)
                ? source
                : throw new IncompatibleFormatException(
                    Path, $"index snapshot version {source.Header.ContentVersion}");
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }
}

/// <summary>A snapshot that the manifest lists.</summary>
/// <param name="FileNumber">Number of its file.</param>
/// <param name="Sequence">The sequence it stands for.</param>
/// <param name="Bytes">Bytes of its payload.</param>
/// <param name="Salt">Salt in its header.</param>
internal readonly record struct RetainedSnapshot(
    ulong FileNumber, long Sequence, long Bytes, ulong Salt);
