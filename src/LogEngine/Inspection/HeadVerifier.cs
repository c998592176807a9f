using LogEngine.Recovery;

namespace LogEngine.Inspection;

/// <summary>
/// Judges the newest segment: its groups, and the end of the log by recovery's own table.
/// </summary>
internal sealed class HeadVerifier(
    DirectoryLook look,
    InspectedSegment segment,
    IReadOnlyList<InspectedSegment> headless,
    VerifyTally tally)
{
    internal InspectedTail Tail { get; private set; }

    /// <summary>Walks the groups; gives where they end.</summary>
    internal WalkEnd Run(SegmentVerifier verifier) =>
        look.MayBeWritten ? RunBesideWriter(verifier) : RunAlone(verifier);

    /// <summary>Up to the highest mark: what lies behind it is still being written.</summary>
    private WalkEnd RunBesideWriter(SegmentVerifier verifier)
    {
        Tail = InspectedTail.Live;
        return verifier.WalkOver(
            segment.FirstOffset,
            segment.FirstSequence,
            look.FindLiveLimit(segment, tally.Add));
    }

    private WalkEnd RunAlone(SegmentVerifier verifier)
    {
        WalkEnd end = verifier.WalkToTail(segment.FirstOffset, segment.FirstSequence);
        TailScan scan = end.SealOffset != 0
            ? Scan(end.SealOffset, end.NextSequence)
            : Scan(end.Offset, end.NextSequence);
        if (Decide(scan, out CorruptionException? damage))
        {
            return end;
        }

        Tail = InspectedTail.Damaged;
        tally.Corruption(damage!.Path, damage.Offset, damage.Reason);
        return end.SealOffset != 0 || scan.Finding == TailFinding.Nothing
            ? end
            : verifier.WalkOver(end.Offset, end.NextSequence, scan.TraceEnd);
    }

    private TailScan Scan(long from, long expected) => TailScan.Run(
        look.Open(segment, tally.Add), segment.Header!, from, expected);

    private bool Decide(TailScan scan, out CorruptionException? damage)
    {
        Attestation attested = tally.Attested.With(scan.Attested);
        if (look.Manifest is { } manifest)
        {
            attested = attested.With(manifest);
        }

        foreach (InspectedSegment lost in headless)
        {
            SurveyedFile file = look.Survey.Files.First(f => f.FileNumber == lost.FileNumber);
            OutsideEvidence.TryFind(look.Files, file, segment.SegmentId, ref attested);
        }

        ChainedSegment head = new(
            look.Survey.Files.First(f => f.FileNumber == segment.FileNumber), 0, 0);
        try
        {
            RecoveredTail state = HeadRecovery.Decide(head, scan, attested).State;
            damage = null;
            Report(scan, state);
            return true;
        }
        catch (CorruptionException error)
        {
            damage = error;
            return false;
        }
    }

    private void Report(TailScan scan, RecoveredTail state)
    {
        Tail = state switch
        {
            RecoveredTail.Sealed => InspectedTail.Sealed,
            RecoveredTail.Torn => InspectedTail.Torn,
            _ => InspectedTail.Clean,
        };
        if (state == RecoveredTail.Torn)
        {
            tally.Note(
                segment.Path,
                scan.EndOffset,
                $"torn tail: {scan.TraceEnd - scan.EndOffset} bytes and {scan.LaterGroups} whole "
                + "groups that nothing attests as durable; the next opening for writing cuts them "
                + "off");
        }
        else if (state == RecoveredTail.Clean)
        {
            tally.Note(segment.Path, scan.EndOffset, "the log was not closed; its end is clean");
        }
    }
}
