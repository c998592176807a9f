using LogEngine.Log;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>
/// Makes a store's directory of a backup. Until all of it is there and durable, the directory
/// cannot be opened as a store.
/// </summary>
internal sealed class Restorer
{
    private readonly IFileSystem _source;
    private readonly IFileSystem _target;
    private readonly string _backup;
    private readonly string _directory;
    private readonly List<string> _written = [];

    private Restorer(
        IFileSystem source, string backup, IFileSystem target, string directory)
    {
        _source = source;
        _target = target;
        _backup = backup;
        _directory = directory;
    }

    /// <summary>Makes a directory of a backup of a kind of store, as the paths are given by a caller.</summary>
    internal static ValueTask<BackupReport> RunAsync(
        LogEnvironment environment,
        StoreKind kind,
        string backup,
        string directory,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(backup);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string from = Path.GetFullPath(backup);
        string to = Path.GetFullPath(directory);
        return new ValueTask<BackupReport>(environment.Scheduler.Run(
            () => Run(environment.Files, kind, from, to, progress, cancellationToken),
            cancellationToken));
    }

    /// <summary>The manifest of a complete backup of a kind of store.</summary>
    private static Manifest RequireBackup(IFileSystem files, string backup, StoreKind kind)
    {
        Manifest manifest = new ManifestStore(files, backup).Load(forWriting: true).NewestIn(backup)
            ?? throw new StorageNotFoundException($"There is no backup in '{backup}'.");
        if (manifest.Kind != kind.BackupKind())
        {
            throw new WrongStoreKindException(
                backup, manifest.Kind.InWords(), kind.BackupKind().InWords());
        }

        return manifest.IsUnfinishedBackup
            ? throw new StorageNotFoundException(
                $"The backup in '{backup}' was interrupted before it was complete.")
            : manifest;
    }

    private static BackupReport Run(
        IFileSystem files,
        StoreKind kind,
        string backup,
        string directory,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        if (!files.DirectoryExists(backup))
        {
            throw new StorageNotFoundException($"The directory '{backup}' does not exist.");
        }

        // While it is held, a backup into that directory removes no file of the old one.
        using ReadHold source = ReadHold.Take(files, backup);
        Manifest manifest = RequireBackup(source.Files, backup, kind);
        if (files.DirectoryExists(directory))
        {
            BackupDirectory.RequireEmpty(files, directory);
        }
        else
        {
            files.CreateDirectory(directory);
        }

        using GuardedDirectory target =
            GuardedDirectory.TryTake(files, directory, TimeProvider.System)
            ?? throw new DirectoryLockedException(directory, "another process");
        BackupDirectory.RequireEmpty(target, directory);
        return new Restorer(source.Files, backup, target, directory)
            .Run(manifest, progress, cancellationToken);
    }

    private BackupReport Run(
        Manifest manifest,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        BackupMeter meter = new(
            progress,
            manifest.Segments.Sum(s => s.EndOffset)
                + manifest.Snapshots.Sum(s => LengthOf(s.FileNumber)));
        using FileCopier copier = new(_target, meter, cancellationToken);
        ManifestStore store = new(_target, _directory);
        try
        {
            // From now on the directory says that it is not a store's yet.
            _written.Add(Path.Combine(_directory, FileNames.ManifestA));
            store.Write(BackupDirectory.Unfinished(manifest));
            foreach (ManifestSegment segment in manifest.Segments)
            {
                Restore(segment, copier, manifest.StoreId);
            }

            foreach (ManifestSnapshot snapshot in manifest.Snapshots)
            {
                Restore(snapshot, copier, manifest.StoreId);
            }

            _target.SyncDirectory(_directory);
        }
        catch
        {
            Undo();
            throw;
        }

        store.WriteBoth(manifest with
        {
            Kind = manifest.Kind.Restored(),
            OpenEpoch = manifest.OpenEpoch + 1,

            // Another one than the original's: what that writes from now on is not this one's.
            OpenSalt = Chance.Word() | 1,
        });
        return new BackupReport
        {
            Directory = _directory,
            Sequence = manifest.NextSequence - 1,
            Segments = manifest.Segments.Count,
            Snapshots = manifest.Snapshots.Count,
            BytesCopied = meter.Done,
            BytesKept = 0,
        };
    }

    private void Restore(ManifestSegment segment, FileCopier copier, Guid storeId)
    {
        string from = InBackup(FileNames.BackupSegment(
            segment.SegmentId, segment.Salt, segment.EndOffset));
        string to = Path.Combine(_directory, FileNames.Segment(segment.FileNumber));
        Copy(from, segment.EndOffset, to, copier);
        CopyCheck.Verify(
            () => CopyCheck.Segment(_target.Open(to, OpenFlags.Read), segment, storeId),
            () => CopyCheck.Segment(Open(from), segment, storeId));
    }

    private void Restore(ManifestSnapshot snapshot, FileCopier copier, Guid storeId)
    {
        string name = FileNames.IndexSnapshot(snapshot.FileNumber);
        string from = InBackup(name);
        string to = Path.Combine(_directory, name);
        Copy(from, LengthOf(snapshot.FileNumber), to, copier);
        CopyCheck.Verify(
            () => CopyCheck.Snapshot(_target, to, storeId, snapshot),
            () => CopyCheck.Snapshot(_source, from, storeId, snapshot));
    }

    private void Copy(string from, long length, string to, FileCopier copier)
    {
        // In front of the manifest: it is removed last.
        _written.Insert(0, to);
        using IStorageFile source = Open(from);
        copier.Copy(source, length, to);
    }

    private string InBackup(string name) => Path.Combine(_backup, name);

    private long LengthOf(ulong snapshot)
    {
        using IStorageFile file = Open(InBackup(FileNames.IndexSnapshot(snapshot)));
        return file.GetLength();
    }

    private IStorageFile Open(string path)
    {
        try
        {
            return _source.Open(path, OpenFlags.Read);
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            throw new CorruptionException(
                path, -1, "a file that the backup lists is missing", error);
        }
    }

    /// <summary>Removes what was written, the manifest last: at no time is it a store.</summary>
    private void Undo()
    {
        foreach (string path in _written)
        {
            try
            {
                _target.Unlink(path);
            }
            catch (Exception error) when (error is StorageIOException or StorageFullException)
            {
                // What went wrong first matters more; what is left is not opened as a store.
            }
        }
    }
}
