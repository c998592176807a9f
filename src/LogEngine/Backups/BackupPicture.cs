using LogEngine.Log;
using LogEngine.Snapshots;
using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>
/// What a backup copies: the live segments up to an end each, and the snapshots of the index, as of
/// one moment. While it is held, no file of it is overwritten or goes away.
/// </summary>
/// <remarks>
/// A pinned segment that is freed meanwhile is given away when the picture is disposed. A snapshot
/// is held open, which is enough: snapshot files are only ever unlinked.
/// </remarks>
internal sealed class BackupPicture : IDisposable
{
    private BackupPicture(Manifest manifest) => Manifest = manifest;

    /// <summary>The store's manifest of that moment.</summary>
    internal Manifest Manifest { get; }

    /// <summary>Live segments, oldest first; only the last may grow.</summary>
    internal List<PicturedSegment> Segments { get; } = [];

    /// <summary>Snapshots, oldest first.</summary>
    internal List<PicturedSnapshot> Snapshots { get; } = [];

    /// <summary>Takes it, and makes the log durable as far as the picture goes.</summary>
    /// <exception cref="CorruptionException">A snapshot's header is damaged.</exception>
    /// <exception cref="StorageFaultedException">The log cannot be synced any more.</exception>
    internal static async Task<BackupPicture> TakeAsync(BackupSource store, IFileSystem files)
    {
        (BackupPicture picture, long written) = await store.Log
            .LookAsync(manifest => Take(store, files, manifest)).ConfigureAwait(false);
        try
        {
            await store.Scheduler
                .Until(store.Log.Writer.Committer.WaitDurableAsync(written))
                .ConfigureAwait(false);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Segments.ForEach(s => s.Segment.Unpin());
        Snapshots.ForEach(s => s.Dispose());
    }

    /// <summary>Gives also the highest sequence that any of it may hold.</summary>
    private static (BackupPicture Picture, long Written) Take(
        BackupSource store, IFileSystem files, Manifest manifest)
    {
        LogView view = store.Log.Writer.View;
        BackupPicture picture = new(manifest);
        try
        {
            // Before the segments' ends are read: what a snapshot stands for is below them.
            picture.OpenSnapshots(store.Snapshots(), files, view.Directory);
            Invariant.Require(
                picture.Snapshots.Count > 0 || !manifest.AnythingFreed,
                "segments were freed without a snapshot");
            long written = 0;
            foreach (Segment segment in view.Map.Segments)
            {
                // The end first: the sequence read after it is at or above what stands there.
                long end = segment.ReadableEnd;
                written = Math.Max(written, segment.LastSequence);
                if (end == segment.Header.Alignment)
                {
                    continue;
                }

                Invariant.Require(segment.TryPin(), "a live segment is retired");
                picture.Segments.Add(new PicturedSegment(segment, end));
            }

            return (picture, written);
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    /// <summary>Those that are listed and were whole when they were loaded or written.</summary>
    private void OpenSnapshots(
        IReadOnlyList<RetainedSnapshot> retained, IFileSystem files, string directory)
    {
        foreach (RetainedSnapshot snapshot in retained)
        {
            if (Manifest.Snapshots.Any(s => s.FileNumber == snapshot.FileNumber))
            {
                Snapshots.Add(PicturedSnapshot.Open(
                    files,
                    Path.Combine(directory, FileNames.IndexSnapshot(snapshot.FileNumber)),
                    snapshot.FileNumber));
            }
        }
    }
}
