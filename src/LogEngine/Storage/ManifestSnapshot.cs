using LogEngine.Format;

namespace LogEngine.Storage;

/// <summary>A retained index snapshot, as the manifest names it.</summary>
/// <param name="FileNumber">Number in the name of its file.</param>
/// <param name="Salt">Salt in its header, which no other has; 0 where it is not known.</param>
internal readonly record struct ManifestSnapshot(ulong FileNumber, ulong Salt)
{
    /// <summary>Refuses another file of that number: a copy's, or an older one's.</summary>
    /// <exception cref="CorruptionException">It is another one.</exception>
    internal void Require(in SnapshotHeader found, string path)
    {
        if (Salt != 0 && found.Salt != Salt)
        {
            throw new CorruptionException(
                path,
                FileHeader.Size,
                $"salt {found.Salt:x16}; the manifest lists another snapshot of this number, with "
                + $"salt {Salt:x16}: it is from a copy of this store, or from an earlier time");
        }
    }
}
