using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>The directory of a backup, locked while one is written into it.</summary>
/// <remarks>
/// Only what its manifest lists is in a backup. Everything else with a name that a backup gives is
/// the rest of one that was interrupted, or of an older one, and is removed.
/// </remarks>
internal sealed class BackupDirectory : IDisposable
{
    private readonly GuardedDirectory _files;
    private readonly ManifestStore _manifests;

    private BackupDirectory(
        GuardedDirectory files,
        string path,
        ManifestStore manifests,
        Manifest manifest)
    {
        _files = files;
        _manifests = manifests;
        Path = path;
        Manifest = manifest;
    }

    internal string Path { get; }

    /// <summary>The directory that is held and locked: everything is written through it.</summary>
    internal IFileSystem Files => _files;

    /// <summary>
    /// The backup that is there, in both generations; without segments where there is none yet.
    /// </summary>
    internal Manifest Manifest { get; private set; }

    /// <summary>
    /// Opens a backup of a store, or makes a directory one. From then on the directory says whose
    /// backup it is, also where the first one is interrupted.
    /// </summary>
    /// <exception cref="DirectoryNotEmptyException">It holds files, and no backup.</exception>
    /// <exception cref="WrongStoreKindException">
    /// It holds a store, or another one's backup.
    /// </exception>
    /// <exception cref="CorruptionException">Its manifests are damaged.</exception>
    /// <exception cref="DirectoryLockedException">A backup is being written into it.</exception>
    internal static BackupDirectory Open(
        IFileSystem files, string path, Manifest store, TimeProvider time)
    {
        if (!files.DirectoryExists(path))
        {
            files.CreateDirectory(path);
        }

        Manifest? before = Require(
            new ManifestStore(files, path).Load(forWriting: true), path, store);
        if (before is null)
        {
            RequireEmpty(files, path);
        }

        GuardedDirectory held = GuardedDirectory.TryTake(files, path, time)
            ?? throw new DirectoryLockedException(path, "another backup, or another process");
        try
        {
            held.TryLock(In(path, FileNames.Readers), LockKind.Shared, create: true)?.Dispose();

            // Another one may have been here before the lock was ours.
            ManifestStore manifests = new(held, path);
            ManifestLoad load = manifests.Load(forWriting: true);
            Manifest? found = Require(load, path, store);
            bool both = found is not null
                && load.Older is { } older
                && older.OpenEpoch == found.OpenEpoch
                && older.Segments.SequenceEqual(found.Segments)
                && older.Snapshots.SequenceEqual(found.Snapshots);

            // What only an older generation lists may then be removed.
            Manifest manifest = both ? found! : manifests.WriteBoth(found ?? Unfinished(store));
            return new BackupDirectory(held, path, manifests, manifest);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Refuses a directory in which somebody has files; locks do not count.</summary>
    internal static void RequireEmpty(IFileSystem files, string path)
    {
        if (files.ListFiles(path).Any(name =>
            name is not (FileNames.Lock or FileNames.Readers) && !FileNames.IsTemp(name)))
        {
            throw new DirectoryNotEmptyException(path);
        }
    }

    /// <summary>A manifest that says whose files these are, and that some are missing.</summary>
    internal static Manifest Unfinished(Manifest store) => store with
    {
        Kind = store.Kind.BackupKind(),
        OpenEpoch = 0,
        LowWaterSequence = 1,
        NextSequence = 1,
        CleanlyClosed = false,
        Segments = [],
        Snapshots = [],
    };

    internal string PathOf(string name) => In(Path, name);

    /// <summary>The same segment, to the same end, is listed and is as long as that.</summary>
    internal bool Has(PicturedSegment segment, out ManifestSegment listed)
    {
        listed = Manifest.Segments.FirstOrDefault(
            s => s.Identity == segment.Segment.Header.Identity
                && s.EndOffset == segment.EndOffset);
        return listed.SegmentId != 0 && LengthOf(segment.Name) == segment.EndOffset;
    }

    /// <summary>The number under which the same snapshot is listed; 0 for none.</summary>
    internal ulong Find(PicturedSnapshot snapshot)
    {
        foreach ((ulong number, _) in Manifest.Snapshots)
        {
            try
            {
                using SnapshotSource source = SnapshotSource.Open(
                    _files, PathOf(FileNames.IndexSnapshot(number)), forWriting: true);
                if (source.Header == snapshot.Header)
                {
                    return number;
                }
            }
            catch (Exception damage) when (damage is CorruptionException or StorageNotFoundException)
            {
                // Then it is copied anew, under another number.
            }
        }

        return 0;
    }

    /// <summary>Removes what no manifest lists, unless somebody may be reading.</summary>
    internal void Sweep()
    {
        using IFileLock? nobodyReads = _files.TryLock(
            PathOf(FileNames.Readers), LockKind.Exclusive, create: true);
        if (nobodyReads is null)
        {
            return;
        }

        HashSet<string> listed = [.. NamesOf(Manifest)];
        foreach (string name in _files.ListFiles(Path))
        {
            if (!listed.Contains(name)
                && (FileNames.IsBackupSegment(name)
                    || FileNames.TryParseIndexSnapshot(name, out _)))
            {
                _files.Unlink(PathOf(name));
            }
        }
    }

    /// <summary>
    /// Makes the files that were copied the backup: their names first, then both generations of the
    /// manifest. The first of these is the moment at which the old backup ends.
    /// </summary>
    internal void Replace(Manifest manifest)
    {
        _files.SyncDirectory(Path);
        Manifest = _manifests.WriteBoth(manifest);
    }

    public void Dispose() => _files.Dispose();

    private static string In(string path, string name) => System.IO.Path.Combine(path, name);

    private static Manifest? Require(ManifestLoad load, string path, Manifest store)
    {
        StoreKind kind = store.Kind.BackupKind();
        return load.NewestIn(path) switch
        {
            { } other when other.Kind != kind => throw new WrongStoreKindException(
                path, other.Kind.InWords(), kind.InWords()),
            { } other when other.StoreId != store.StoreId => throw new WrongStoreKindException(
                path, $"backup of store {other.StoreId}", $"backup of store {store.StoreId}"),
            var own => own,
        };
    }

    private static IEnumerable<string> NamesOf(Manifest manifest) => manifest.Segments
        .Select(s => FileNames.BackupSegment(s.SegmentId, s.Salt, s.EndOffset))
        .Concat(manifest.Snapshots.Select(s => FileNames.IndexSnapshot(s.FileNumber)));

    private long LengthOf(string name)
    {
        try
        {
            using IStorageFile file = _files.Open(PathOf(name), OpenFlags.Read);
            return file.GetLength();
        }
        catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
        {
            return -1;
        }
    }
}
