using LogEngine.Recovery;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>Verifies a directory: every byte of what is live, never stopping at damage.</summary>
internal sealed class Verifier
{
    private readonly DirectoryLook _look;
    private readonly VerifyTally _tally;
    private readonly ProgressMeter _progress;
    private readonly IReadOnlyList<InspectedSegment> _segments;
    private readonly IReadOnlyList<InspectedSegment> _headless;
    private InspectedTail _tail;
    private long _nextSequence;

    /// <summary>Up to this sequence an engine may have freed segments.</summary>
    private long _freedTo;

    private Verifier(
        DirectoryLook look,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken)
    {
        _look = look;
        _tally = new VerifyTally { Operations = look.IsEngine };
        _segments = SegmentFinder.Live(look);
        _headless = look.MayBeWritten ? [] : SegmentFinder.Headless(look);
        _progress = new ProgressMeter(
            progress, _segments.Sum(s => s.Limit), cancellationToken);
    }

    internal static VerifyReport Run(
        IFileSystem files,
        string directory,
        IProgress<InspectionProgress>? progress,
        CancellationToken cancellationToken) =>

        // What a writer that has begun meanwhile cut and freed is no damage.
        StillLook.Take(
            files,
            directory,
            _ =>
            {
                using DirectoryLook look = DirectoryLook.Take(files, directory);
                return new Verifier(look, progress, cancellationToken).Run();
            },
            static report => !report.IsSound && !report.BesideWriter);

    private VerifyReport Run()
    {
        ManifestCheck.Run(_look, _tally);
        if (_look.ChainDamage is { } damage)
        {
            _tally.Add(damage);
        }

        _freedTo = SnapshotVerifier.Run(_look, _tally);
        _nextSequence = _look.IsEngine ? _look.LowWaterSequence : 0;
        foreach (InspectedSegment segment in _segments)
        {
            Verify(segment);
        }

        VerifyLost();
        if (_look.IsEngine && !_look.MayBeWritten && _look.Manifest is not null && _tally.IsSound)
        {
            IndexVerifier.Run(_look.Files, _look.Directory, _tally);
        }

        _progress.Finish(_look.Directory);
        return new VerifyReport
        {
            Directory = _look.Directory,
            BesideWriter = _look.MayBeWritten,
            Tail = _look.ChainDamage is null ? _tail : InspectedTail.Damaged,
            Segments = _segments.Count,
            Groups = _tally.Groups,
            Records = _tally.Records,
            BytesVerified = _tally.Bytes,
            LastSequence = _tally.LastSequence,
            Findings = _tally.Findings,
        };
    }

    /// <summary>Segments that the chain does not know since their header is damaged.</summary>
    private void VerifyLost()
    {
        if (_look.Chain is not { } chain)
        {
            return;
        }

        foreach (InspectedSegment lost in _headless)
        {
            if (lost.SegmentId <= (chain.Head?.Header.SegmentId ?? 0))
            {
                continue;
            }

            if (_tail == InspectedTail.Damaged)
            {
                Verify(lost);
                _tail = InspectedTail.Damaged;
            }
            else
            {
                _tally.Note(lost.Path, 0, "a rotation that a crash has torn; nothing attests it");
            }
        }
    }

    private void Verify(InspectedSegment segment)
    {
        CheckSequence(segment);
        try
        {
            IStorageFile file = _look.Open(segment, _tally.Add);

            // What the cache shows may differ from what the device holds.
            file.DropCache();
            using GroupReader reader = new(file, segment.Alignment);
            Verify(segment, reader);
        }
        catch (StorageIOException error)
            when (_look.MayBeWritten && error.ErrorNumber == Errno.NotFound)
        {
            _tally.Note(segment.Path, -1, "removed by the writer meanwhile");
            _nextSequence = 0;
        }
    }

    private void Verify(InspectedSegment segment, GroupReader reader)
    {
        SegmentVerifier verifier = new(segment, reader, _tally, _progress);
        verifier.CheckHeaderBlock();
        bool open = segment.IsHead && segment.EndOffset == 0 && segment.Header is not null;
        WalkEnd end;
        if (open)
        {
            HeadVerifier head = new(_look, segment, _headless, _tally);
            end = head.Run(verifier);
            _tail = head.Tail;
        }
        else
        {
            end = verifier.WalkOver(segment.FirstOffset, segment.FirstSequence, segment.Limit);
            RequireEnd(segment, end);
            _tail = end.SealOffset != 0 ? InspectedTail.Sealed : InspectedTail.Clean;
        }

        _nextSequence = end.NextSequence;
        if (open ? _tail == InspectedTail.Sealed : segment.EndOffset != 0)
        {
            FooterCheck.Run(
                segment, reader, end.Offset, end.NextSequence - 1, verifier.Index, _tally);
        }
    }

    private void RequireEnd(InspectedSegment segment, WalkEnd end)
    {
        if (segment.EndOffset != 0 && end.NextSequence != segment.LastSequence + 1)
        {
            _tally.Corruption(
                segment.Path,
                end.Offset,
                $"the segment ends with sequence {end.NextSequence - 1}, "
                + $"{segment.LastSequence} is named as its last");
        }
    }

    private void CheckSequence(InspectedSegment segment)
    {
        if (_nextSequence != 0
            && segment.FirstSequence > _nextSequence
            && segment.FirstSequence - 1 > _freedTo)
        {
            _tally.Corruption(
                segment.Path,
                -1,
                $"sequences {_nextSequence} to {segment.FirstSequence - 1} before this segment "
                + "are missing");
        }
    }
}
