using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Backups;

/// <summary>
/// Copies a picture into a backup directory. The argument for each crash point is in
/// docs/recovery.md, 'Backup'.
/// </summary>
internal sealed class BackupWriter : IDisposable
{
    private readonly LogView _view;
    private readonly IFileSystem _sourceFiles;
    private readonly IFileSystem _files;
    private readonly BackupPicture _picture;
    private readonly BackupDirectory _target;
    private readonly BackupMeter _meter;
    private readonly FileCopier _copier;
    private readonly List<ManifestSegment> _segments = [];
    private readonly List<ManifestSnapshot> _snapshots = [];
    private readonly List<string> _written = [];
    private readonly long _bytes;

    internal BackupWriter(
        LogView view,
        IFileSystem sourceFiles,
        IFileSystem files,
        BackupPicture picture,
        BackupDirectory target,
        IProgress<BackupProgress>? progress,
        CancellationToken cancellationToken)
    {
        _view = view;
        _sourceFiles = sourceFiles;
        _files = files;
        _picture = picture;
        _target = target;
        _bytes = picture.Segments.Sum(s => s.EndOffset)
            + picture.Snapshots.Sum(s => s.Header.FileLength);
        long kept = picture.Segments.Where(s => target.Has(s, out _)).Sum(s => s.EndOffset)
            + picture.Snapshots.Where(s => target.Find(s) != 0).Sum(s => s.Header.FileLength);
        _meter = new BackupMeter(progress, _bytes - kept);
        _copier = new FileCopier(files, _meter, cancellationToken);
    }

    /// <summary>One step after the other; each copies one file.</summary>
    internal IEnumerable<Action> Steps()
    {
        foreach (PicturedSegment segment in _picture.Segments)
        {
            yield return () => Copy(segment);
        }

        foreach (PicturedSnapshot snapshot in _picture.Snapshots)
        {
            yield return () => Copy(snapshot);
        }
    }

    /// <summary>Makes what was copied the backup; removes what was only in the old one.</summary>
    internal BackupReport Finish()
    {
        long last = _segments.Count == 0
            ? _picture.Manifest.NextSequence - 1
            : _segments[^1].LastSequence;
        _target.Replace(_picture.Manifest with
        {
            Kind = _picture.Manifest.Kind.BackupKind(),
            CleanlyClosed = false,
            NextSequence = last + 1,
            NextFileNumber = Numbers(_snapshots)
                .Append(_picture.Manifest.NextFileNumber - 1)
                .Max() + 1,
            Segments = _segments,
            Snapshots = _snapshots,
        });
        _target.Sweep();
        return new BackupReport
        {
            Directory = _target.Path,
            Sequence = last,
            Segments = _segments.Count,
            Snapshots = _snapshots.Count,
            BytesCopied = _meter.Done,
            BytesKept = _bytes - _meter.Done,
        };
    }

    /// <summary>Removes what was copied: it failed, and nothing lists it.</summary>
    internal void Undo()
    {
        foreach (string path in _written)
        {
            try
            {
                _files.Unlink(path);
            }
            catch (Exception error) when (error is StorageIOException or StorageFullException)
            {
                // What went wrong first matters more; the next backup sweeps it.
            }
        }
    }

    public void Dispose() => _copier.Dispose();

    private void Copy(PicturedSegment segment)
    {
        if (_target.Has(segment, out ManifestSegment listed))
        {
            _segments.Add(listed);
            return;
        }

        string path = Claim(segment.Name);
        using (IStorageFile source = Open(segment))
        {
            _copier.Copy(source, segment.EndOffset, path);
        }

        listed = segment.Listed(lastSequence: 0);
        long last = CopyCheck.Verify(
            () => CopyCheck.Segment(_files.Open(path, OpenFlags.Read), listed, StoreId),
            () => CopyCheck.Segment(Open(segment), listed, StoreId));

        // Only marks so far: nothing that a manifest would list.
        if (last >= listed.FirstSequence)
        {
            _segments.Add(listed with { LastSequence = last });
        }
    }

    private void Copy(PicturedSnapshot snapshot)
    {
        ulong number = _target.Find(snapshot);
        if (number == 0)
        {
            number = NumberFor(snapshot);
            string path = Claim(FileNames.IndexSnapshot(number));
            _copier.Copy(snapshot.File, snapshot.Header.FileLength, path);
            ManifestSnapshot same = new(number, snapshot.Header.Salt);
            CopyCheck.Verify(
                () => CopyCheck.Snapshot(_files, path, StoreId, same),
                () => CopyCheck.Snapshot(_sourceFiles, snapshot.File.Path, StoreId, same));
        }

        _snapshots.Add(new ManifestSnapshot(number, snapshot.Header.Salt));
    }

    private static IEnumerable<ulong> Numbers(IEnumerable<ManifestSnapshot> snapshots) =>
        snapshots.Select(s => s.FileNumber);

    private Guid StoreId => _picture.Manifest.StoreId;

    private IStorageFile Open(PicturedSegment segment) =>
        SegmentFileReader.Open(_sourceFiles, segment.Segment, _view.ReadsPastCache);

    /// <summary>
    /// A name that no manifest lists: what has it is the rest of a backup that was interrupted.
    /// </summary>
    private string Claim(string name)
    {
        string path = _target.PathOf(name);
        _files.Unlink(path);
        _written.Add(path);
        return path;
    }

    /// <summary>
    /// Its own number, unless the old backup has another file of that number: a store that was
    /// restored draws numbers again.
    /// </summary>
    private ulong NumberFor(PicturedSnapshot snapshot)
    {
        HashSet<ulong> taken = [.. Numbers(_target.Manifest.Snapshots), .. Numbers(_snapshots)];
        return !taken.Contains(snapshot.Number)
            ? snapshot.Number
            : taken.Append(_picture.Manifest.NextFileNumber - 1).Max() + 1;
    }
}
