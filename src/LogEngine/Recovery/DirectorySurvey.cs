using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>A file with a segment's name, as its first block shows it.</summary>
/// <param name="FileNumber">Number in its name.</param>
/// <param name="Path">Its path.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="Header">Its segment header; null where there is no valid one.</param>
/// <param name="SpareOf">The store of its spare header; null where there is no valid one.</param>
/// <param name="InClear">
/// Where there is neither: the store that its first bytes name, of a file of this number.
/// </param>
internal sealed record SurveyedFile(
    ulong FileNumber,
    string Path,
    long Length,
    SegmentHeader? Header,
    Guid? SpareOf,
    Guid? InClear);

/// <summary>What is in a directory: headers only, nothing judged.</summary>
internal sealed class DirectorySurvey
{
    private DirectorySurvey(
        IReadOnlyList<SurveyedFile> files,
        IReadOnlyList<ulong> snapshots,
        IReadOnlyList<string> temps,
        IReadOnlyList<string> foreign)
    {
        Files = files;
        Snapshots = snapshots;
        Temps = temps;
        Foreign = foreign;
    }

    /// <summary>Files with a segment's name, by number.</summary>
    internal IReadOnlyList<SurveyedFile> Files { get; }

    /// <summary>File numbers of what has an index snapshot's name.</summary>
    internal IReadOnlyList<ulong> Snapshots { get; }

    /// <summary>Names of temporary files.</summary>
    internal IReadOnlyList<string> Temps { get; }

    /// <summary>Names that are not the engine's.</summary>
    internal IReadOnlyList<string> Foreign { get; }

    /// <summary>Above every file number seen.</summary>
    internal ulong NextFileNumber => Math.Max(
        Files.Count == 0 ? 0 : Files.Max(f => f.FileNumber),
        Snapshots.Count == 0 ? 0 : Snapshots.Max()) + 1;

    /// <summary>Above every segment id seen, of whatever store.</summary>
    internal ulong NextSegmentId =>
        Files.Aggregate(0UL, (max, f) => Math.Max(max, f.Header?.SegmentId ?? 0)) + 1;

    /// <summary>Lists a directory and reads the first block of each file that may be a segment.</summary>
    /// <param name="files">The file system.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="forWriting">Also refuses features that a mere reader may ignore.</param>
    /// <param name="mayVanish">A writer beside us may remove files meanwhile.</param>
    /// <exception cref="IncompatibleFormatException">A segment is of a newer version.</exception>
    internal static DirectorySurvey Take(
        IFileSystem files, string directory, bool forWriting, bool mayVanish)
    {
        List<SurveyedFile> found = [];
        List<ulong> snapshots = [];
        List<string> temps = [];
        List<string> foreign = [];
        foreach (string name in files.ListFiles(directory).Order(StringComparer.Ordinal))
        {
            if (FileNames.TryParseSegment(name, out ulong number))
            {
                string path = Path.Combine(directory, name);
                try
                {
                    found.Add(Look(files, path, number, forWriting));
                }
                catch (StorageIOException error)
                    when (mayVanish && error.ErrorNumber == Errno.NotFound)
                {
                    // Removed since the listing.
                }
            }
            else if (FileNames.TryParseIndexSnapshot(name, out ulong snapshot))
            {
                snapshots.Add(snapshot);
            }
            else if (FileNames.IsTemp(name))
            {
                temps.Add(name);
            }
            else if (name is not (FileNames.Lock or FileNames.Readers
                or FileNames.ManifestA or FileNames.ManifestB))
            {
                foreign.Add(name);
            }
        }

        return new DirectorySurvey(found, snapshots, temps, foreign);
    }

    /// <summary>What a backup's manifest lists, under the names that a backup gives.</summary>
    /// <exception cref="StorageNotFoundException">The backup was never completed.</exception>
    /// <exception cref="CorruptionException">A file that it lists is missing.</exception>
    internal static DirectorySurvey OfBackup(
        IFileSystem files, string directory, Manifest manifest, bool skipMissing = false)
    {
        if (manifest.IsUnfinishedBackup)
        {
            throw new StorageNotFoundException(
                $"The backup in '{directory}' was interrupted before it was complete.");
        }

        List<SurveyedFile> found = [];
        foreach (ManifestSegment segment in manifest.Segments)
        {
            string path = Path.Combine(directory, FileNames.BackupSegment(
                segment.SegmentId, segment.Salt, segment.EndOffset));
            try
            {
                found.Add(Look(files, path, segment.FileNumber, forWriting: false));
            }
            catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
            {
                if (!skipMissing)
                {
                    throw new CorruptionException(
                        path, -1, "a file that the backup lists is missing", error);
                }
            }
        }

        return new DirectorySurvey(
            found, [.. manifest.Snapshots.Select(s => s.FileNumber)], [], []);
    }

    private static SurveyedFile Look(
        IFileSystem files, string path, ulong number, bool forWriting)
    {
        using IStorageFile file = files.Open(path, OpenFlags.Read);
        Span<byte> block = stackalloc byte[SegmentHeader.Size];
        int read = file.Read(block, 0);
        block = block[..read];
        HeaderVerdict verdict = FileHeader.Read(block, forWriting, out FileHeader bare);
        if (verdict == HeaderVerdict.Newer)
        {
            throw new IncompatibleFormatException(path, bare.DescribeNewer());
        }

        bool own = verdict == HeaderVerdict.Valid && bare.FileNumber == number;
        SegmentHeader? header = null;
        if (own)
        {
            SegmentHeader.Read(block, forWriting, out header);
        }

        Guid? spareOf = own ? SpareHeader.TryRead(block) : null;
        Guid? inClear = header is null && spareOf is null
            ? SpareHeader.StoreInClear(block, number)
            : null;
        return new SurveyedFile(number, path, file.GetLength(), header, spareOf, inClear);
    }
}
