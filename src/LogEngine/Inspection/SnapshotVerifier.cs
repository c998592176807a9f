using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>Verifies the snapshots of an index, and says which gaps they explain.</summary>
internal static class SnapshotVerifier
{
    /// <summary>
    /// Verifies all that are listed. Gives the sequence of the oldest whole one: up to it segments
    /// may have been freed. 0 where nothing can have been.
    /// </summary>
    internal static long Run(DirectoryLook look, VerifyTally tally)
    {
        if (look.Manifest is not { } manifest || !look.IsEngine)
        {
            return 0;
        }

        long oldest = 0;
        int whole = 0;
        foreach (ManifestSnapshot listed in manifest.Snapshots)
        {
            string path = Path.Combine(look.Directory, FileNames.IndexSnapshot(listed.FileNumber));
            try
            {
                SnapshotHeader header = IndexSnapshotCheck.Run(
                    look.Files, path, manifest.StoreId, listed);
                tally.Bytes += header.FileLength;
                oldest = whole++ == 0 ? header.LogSequence : Math.Min(oldest, header.LogSequence);
                RequireInLog(look, path, header, manifest, tally);
            }
            catch (StorageNotFoundException)
            {
                Missing(look, path, tally);
            }
            catch (CorruptionException damage)
            {
                tally.Corruption(damage.Path, damage.Offset, damage.Reason);
            }
        }

        if (whole == 0 && manifest.AnythingFreed && !look.MayBeWritten)
        {
            tally.Corruption(
                look.Directory,
                -1,
                "no snapshot of the index is whole, and segments have been freed: opening refuses");
        }

        return manifest.AnythingFreed ? oldest : 0;
    }

    private static void RequireInLog(
        DirectoryLook look,
        string path,
        SnapshotHeader header,
        Manifest manifest,
        VerifyTally tally)
    {
        if (header.LogSequence >= manifest.NextSequence && !look.MayBeWritten)
        {
            tally.Corruption(
                path,
                -1,
                $"it stands for sequence {header.LogSequence}, the manifest that lists it knows of "
                + $"{manifest.NextSequence - 1} as the last durable one");
        }
    }

    private static void Missing(DirectoryLook look, string path, VerifyTally tally)
    {
        if (look.MayBeWritten)
        {
            tally.Note(path, -1, "removed by the writer meanwhile");
        }
        else
        {
            tally.Corruption(path, -1, "missing; the manifest lists it");
        }
    }
}
