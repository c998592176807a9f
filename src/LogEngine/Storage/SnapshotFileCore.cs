namespace LogEngine.Storage;

/// <summary>Whole snapshot files in one blocking call, for the engine's own use.</summary>
internal static class SnapshotFileCore
{
    private const int FirstBytes = 1 << 20;

    /// <summary>
    /// Replaces a file atomically; on return the new content survives power loss. Where it throws,
    /// the old file is whole; only a failed directory sync may leave the new one in its place,
    /// which is whole as well.
    /// </summary>
    /// <remarks>Stale temporary files stay: <see cref="SnapshotTemp.Sweep"/>.</remarks>
    /// <returns>The salt of the new file.</returns>
    internal static ulong Save(
        IFileSystem fileSystem,
        string path,
        ReadOnlySpan<byte> payload,
        long logSequence,
        uint contentVersion)
    {
        using SnapshotStaging staging = SnapshotStaging.Create(
            fileSystem, path, logSequence, contentVersion);
        staging.Write(payload);
        staging.Commit();
        return staging.Salt;
    }

    /// <summary>Reads and verifies all of a file; nothing is returned of one that fails.</summary>
    /// <exception cref="StorageNotFoundException">No such file.</exception>
    /// <exception cref="CorruptionException">Damaged, cut or extended.</exception>
    /// <exception cref="IncompatibleFormatException">Written by a newer version.</exception>
    /// <exception cref="RecordTooLargeException">More than one array can hold.</exception>
    internal static SnapshotContent Load(IFileSystem fileSystem, string path, bool forWriting) =>
        Load(fileSystem, path, forWriting, out _);

    /// <summary>The same, with the file's header.</summary>
    internal static SnapshotContent Load(
        IFileSystem fileSystem, string path, bool forWriting, out SnapshotHeader header)
    {
        using SnapshotSource source = SnapshotSource.Open(fileSystem, path, forWriting);
        header = source.Header;

        // The file was found to be as long as this length implies, so a damaged or hostile length
        // cannot ask for more memory than there is file.
        if (header.PayloadLength > Array.MaxLength)
        {
            throw new RecordTooLargeException(
                $"Loading at once '{path}', with a payload", header.PayloadLength, Array.MaxLength);
        }

        // A sparse file can be as long as one likes: so memory follows what has been verified.
        byte[] payload = GC.AllocateUninitializedArray<byte>(
            (int)Math.Min(header.PayloadLength, FirstBytes));
        for (int done = 0; done < header.PayloadLength;)
        {
            if (done == payload.Length)
            {
                Array.Resize(ref payload, (int)Math.Min(header.PayloadLength, 2L * done));
            }

            done += source.Read(payload.AsSpan(done));
        }

        return new SnapshotContent(payload, header.LogSequence, header.ContentVersion);
    }
}
