using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>Judges both manifest files, every byte of them.</summary>
internal static class ManifestCheck
{
    internal static void Run(DirectoryLook look, VerifyTally tally)
    {
        Manifest? a = Check(look, FileNames.ManifestA, tally, out bool hasA);
        Manifest? b = Check(look, FileNames.ManifestB, tally, out bool hasB);
        if (a is not null && b is not null && a.Generation == b.Generation && !look.MayBeWritten)
        {
            tally.Corruption(
                Path.Combine(look.Directory, FileNames.ManifestB),
                -1,
                $"both manifests carry generation {a.Generation}");
        }

        if (a is not null && b is not null && look.Manifest is null)
        {
            foreach (string damage in look.Manifests.Damages)
            {
                tally.Corruption(look.Directory, -1, damage);
            }
        }

        ReportMissing(look, FileNames.ManifestA, hasA, b, tally);
        ReportMissing(look, FileNames.ManifestB, hasB, a, tally);
    }

    private static Manifest? Check(
        DirectoryLook look, string name, VerifyTally tally, out bool present)
    {
        string path = Path.Combine(look.Directory, name);
        present = true;
        try
        {
            SnapshotContent content = SnapshotFileCore.Load(look.Files, path, forWriting: false);
            Manifest manifest = ManifestCodec.Decode(
                content.Payload.Span, path, content.ContentVersion);
            using IStorageFile file = look.Files.Open(path, OpenFlags.Read);
            tally.Bytes += file.GetLength();
            return manifest;
        }
        catch (StorageNotFoundException)
        {
            present = false;
        }
        catch (CorruptionException error)
        {
            tally.Corruption(error.Path, error.Offset, error.Reason);
        }

        catch (RecordTooLargeException error)
        {
            tally.Corruption(path, -1, error.Message);
        }

        return null;
    }

    /// <summary>
    /// A crash while a log is created may leave one manifest; later there are two.
    /// </summary>
    private static void ReportMissing(
        DirectoryLook look, string name, bool present, Manifest? other, VerifyTally tally)
    {
        string path = Path.Combine(look.Directory, name);
        if (present || look.MayBeWritten)
        {
            return;
        }

        if (other is { Generation: 1 })
        {
            tally.Note(path, -1, "missing: the log was being created");
        }
        else
        {
            tally.Corruption(path, -1, "missing");
        }
    }
}
