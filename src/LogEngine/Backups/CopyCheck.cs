using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>Verifies whole files of a backup: no copy counts before all of it held.</summary>
internal static class CopyCheck
{
    /// <summary>Verifies a copy; where that fails, it may be the source that is damaged.</summary>
    /// <exception cref="CorruptionException">Names the source if that is damaged.</exception>
    internal static long Verify(Func<long> copy, Func<long> source)
    {
        try
        {
            return copy();
        }
        catch (CorruptionException)
        {
            source();
            throw;
        }
    }

    /// <summary>
    /// Verifies a segment up to its end: header, every group, every record, the order of sequences.
    /// Owns the file. Gives the last sequence, one below the first where there is no record.
    /// </summary>
    /// <exception cref="CorruptionException">It is not what the manifest says.</exception>
    internal static long Segment(IStorageFile file, ManifestSegment listed, Guid storeId)
    {
        string path = file.Path;
        RequireHeader(file, listed, storeId);
        using SegmentScanner scanner = new(
            file, listed.Identity, listed.Alignment);
        long expected = listed.FirstSequence;
        long at = listed.Alignment;
        while (at < listed.EndOffset)
        {
            if (scanner.Judge(at, listed.EndOffset, out GroupHeader group) != GroupVerdict.Whole
                || group.FirstSequence != expected)
            {
                throw new CorruptionException(
                    path,
                    Math.Max(at, scanner.BrokenAt),
                    $"no whole group with sequence {expected} stands here, before the segment's "
                    + $"end at {listed.EndOffset}");
            }

            expected = group.NextSequence;
            at = scanner.NextOffset(group);
        }

        return at == listed.EndOffset
            && (listed.LastSequence == 0 || listed.LastSequence == expected - 1)
            ? expected - 1
            : throw new CorruptionException(
                path,
                at,
                $"the segment ends here with sequence {expected - 1}; {listed.EndOffset} and "
                + $"{listed.LastSequence} are named as its end");
    }

    /// <summary>Verifies a snapshot of the index. Gives the sequence that it stands for.</summary>
    /// <exception cref="CorruptionException">It is damaged, or another store's.</exception>
    internal static long Snapshot(
        IFileSystem files, string path, Guid storeId, ManifestSnapshot listed) =>
        IndexSnapshotCheck.Run(files, path, storeId, listed).LogSequence;

    private static void RequireHeader(IStorageFile file, ManifestSegment listed, Guid storeId)
    {
        try
        {
            // A direct read takes whole blocks.
            using AlignedBuffer block = new(listed.Alignment);
            int read = file.Read(block.Span, 0);
            SegmentHeader? header =
                listed.Identity.TryReadHeader(block.Span[..read], forWriting: true);
            if (header is null
                || header.StoreId != storeId
                || header.FileNumber != listed.FileNumber
                || header.FirstSequence != listed.FirstSequence)
            {
                throw new CorruptionException(
                    file.Path,
                    0,
                    $"the header is damaged, or not that of segment {listed.SegmentId}");
            }
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
