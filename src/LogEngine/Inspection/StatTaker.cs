using LogEngine.Format;
using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>Describes a directory from headers; only the newest segment is read.</summary>
internal sealed class StatTaker
{
    private readonly DirectoryLook _look;
    private readonly ProgressMeter _progress;
    private readonly List<VerifyFinding> _findings = [];
    private InspectedTail _tail = InspectedTail.Empty;

    private StatTaker(DirectoryLook look, ProgressMeter progress)
    {
        _look = look;
        _progress = progress;
    }

    internal static DirectoryStat Run(
        IFileSystem files,
        string directory,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken) =>

        // A writer beside us may free what the look has found before it is read.
        StillLook.Take(
            files,
            directory,
            _ => RunOnce(files, directory, progress, cancellationToken),
            static _ => false);

    private static DirectoryStat RunOnce(
        IFileSystem files,
        string directory,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using DirectoryLook look = DirectoryLook.Take(files, directory);
        IReadOnlyList<InspectedSegment> segments = SegmentFinder.Live(look);
        ProgressMeter meter = new(progress, segments.Sum(s => s.Limit), cancellationToken);
        return new StatTaker(look, meter).Run(segments);
    }

    private DirectoryStat Run(IReadOnlyList<InspectedSegment> segments)
    {
        foreach (string damage in _look.Manifests.Damages)
        {
            _findings.Add(new VerifyFinding(
                FindingSeverity.Corruption, _look.Directory, -1, damage));
        }

        if (_look.ChainDamage is { } broken)
        {
            _findings.Add(broken);
        }

        List<SnapshotStat> snapshots = Snapshots();
        List<SegmentStat> stats = [.. segments.Select(Stat)];
        HashSet<ulong> live = [.. segments.Select(s => s.FileNumber)];
        List<SurveyedFile> outside =
            [.. _look.Survey.Files.Where(f => !live.Contains(f.FileNumber))];
        List<SurveyedFile> spares = [.. outside.Where(IsSpare)];
        _progress.Finish(_look.Directory);
        return new DirectoryStat
        {
            Directory = _look.Directory,
            Kind = _look.Kind,
            Snapshots = snapshots,
            StoreId = _look.Manifest?.StoreId ?? Guid.Empty,
            FormatVersion = (int)FileHeader.CurrentVersion,
            Alignment = _look.Manifest?.Alignment ?? 0,
            HasWriter = _look.HasWriter,
            OpenEpoch = _look.Manifest?.OpenEpoch ?? 0,
            Tail = _tail,
            FirstSequence = _look.LowWaterSequence,
            LastSequence = stats.Count == 0
                ? (_look.Manifest?.NextSequence ?? 1) - 1
                : stats[^1].LastSequence,
            Segments = stats,
            Spares = [.. spares.Select(f => Path.GetFileName(f.Path))],
            ForeignFiles =
            [
                .. _look.Survey.Foreign,
                .. outside.Except(spares).Select(f => Path.GetFileName(f.Path)),
            ],
            FileBytes = _look.Survey.Files.Where(f => live.Contains(f.FileNumber))
                .Concat(spares).Sum(f => f.Length) + ManifestBytes()
                + snapshots.Sum(s => s.FileBytes),
            Findings = _findings,
        };
    }

    private SegmentStat Stat(InspectedSegment segment)
    {
        long limit = segment.IsHead && segment.EndOffset == 0
            ? FindEnd(segment)
            : segment.Limit;
        using GroupReader reader = new(
            _look.Open(segment, _findings.Add), segment.Alignment, GroupReader.HeaderWindowBytes);
        SegmentCount count = SegmentCount.Of(segment, reader, limit, _progress);
        return new SegmentStat
        {
            File = Path.GetFileName(segment.Path),
            FileNumber = segment.FileNumber,
            SegmentId = segment.SegmentId,
            FirstSequence = segment.FirstSequence,
            LastSequence = segment.LastSequence != 0
                ? segment.LastSequence
                : count.LastSequence,
            EndOffset = segment.EndOffset != 0 ? segment.EndOffset : count.End,
            FileBytes = segment.FileLength,
            Alignment = segment.Alignment,
            Groups = count.Groups,
            Records = count.Records,
            PayloadBytes = count.PayloadBytes,
        };
    }

    /// <summary>The end of the log; beside a writer, the highest mark.</summary>
    private long FindEnd(InspectedSegment head)
    {
        TailScan? seal = _look.Manifest is { } manifest
            ? HeadRecovery.TrySeal(
                () => _look.Open(head, _findings.Add), head.Header!, manifest)
            : null;
        if (seal is not null)
        {
            _tail = InspectedTail.Sealed;
            return seal.EndOffset;
        }

        if (_look.MayBeWritten)
        {
            _tail = InspectedTail.Live;
            return _look.FindLiveLimit(head, _findings.Add);
        }

        TailScan scan = TailScan.Run(_look.Open(head, _findings.Add), head.Header!);
        Judge(head, scan);
        return scan.EndOffset;
    }

    private void Judge(InspectedSegment segment, TailScan scan)
    {
        SurveyedFile file = _look.Survey.Files.First(f => f.FileNumber == segment.FileNumber);
        Attestation attested = _look.Manifest is { } manifest
            ? scan.Attested.With(manifest)
            : scan.Attested;
        try
        {
            _tail = HeadRecovery.Decide(new ChainedSegment(file, 0, 0), scan, attested).State switch
            {
                RecoveredTail.Sealed => InspectedTail.Sealed,
                RecoveredTail.Torn => InspectedTail.Torn,
                _ => InspectedTail.Clean,
            };
        }
        catch (CorruptionException error)
        {
            _tail = InspectedTail.Damaged;
            _findings.Add(new VerifyFinding(
                FindingSeverity.Corruption, error.Path, error.Offset, error.Reason));
        }
    }

    private List<SnapshotStat> Snapshots()
    {
        List<SnapshotStat> found = [];
        foreach (ManifestSnapshot listed in _look.Manifest?.Snapshots ?? [])
        {
            string name = FileNames.IndexSnapshot(listed.FileNumber);
            try
            {
                string path = Path.Combine(_look.Directory, name);
                using SnapshotSource source = SnapshotSource.Open(
                    _look.Files, path, forWriting: false);
                listed.Require(source.Header, path);
                found.Add(new SnapshotStat(
                    name, source.Header.LogSequence, source.Header.FileLength));
            }
            catch (CorruptionException damage)
            {
                _findings.Add(new VerifyFinding(
                    FindingSeverity.Corruption, damage.Path, damage.Offset, damage.Reason));
            }
            catch (StorageNotFoundException) when (_look.MayBeWritten)
            {
                // Replaced by the writer meanwhile.
            }
            catch (StorageNotFoundException missing)
            {
                _findings.Add(new VerifyFinding(
                    FindingSeverity.Corruption, _look.Directory, -1, missing.Message));
            }
        }

        return found;
    }

    private bool IsSpare(SurveyedFile file)
    {
        Guid store = _look.Manifest?.StoreId ?? Guid.Empty;
        return file.Header is { } header
            ? header.StoreId == store
            : file.SpareOf is { } owner
                ? owner == store
                : file.InClear == store || OutsideEvidence.IsAllZero(_look.Files, file);
    }

    private long ManifestBytes()
    {
        long bytes = 0;
        foreach (string name in new[] { FileNames.ManifestA, FileNames.ManifestB })
        {
            try
            {
                using IStorageFile file = _look.Files.Open(
                    Path.Combine(_look.Directory, name), OpenFlags.Read);
                bytes += file.GetLength();
            }
            catch (StorageIOException error) when (error.ErrorNumber == Errno.NotFound)
            {
                // Not there: nothing to count.
            }
        }

        return bytes;
    }
}
