using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>The end of the log: where it is, and how that was decided.</summary>
/// <param name="Scan">What was found in the head.</param>
/// <param name="State">How the end was found.</param>
internal sealed record RecoveredHead(TailScan Scan, RecoveredTail State)
{
    /// <summary>
    /// A file without a valid header that holds groups written after the head: a rotation that was
    /// torn, or one whose header has been damaged since. Null where there is none.
    /// </summary>
    internal string? TornRotation { get; init; }
}

/// <summary>Finds the end of the log in the newest segment.</summary>
internal static class HeadRecovery
{
    /// <summary>
    /// Reads the newest segment of a chain, gathers what attests more than stands there, and decides.
    /// </summary>
    /// <param name="chain">It has a head.</param>
    /// <param name="manifest">The manifest that counts.</param>
    /// <param name="open">Opens the head's file.</param>
    /// <param name="files">The directory.</param>
    /// <param name="outside">
    /// Files outside the live set to be asked; none beside a writer, whose next segments they may be.
    /// </param>
    /// <param name="from">How far the head was read before; null to begin with its first group.</param>
    /// <exception cref="CorruptionException">Something durable is damaged or missing.</exception>
    internal static RecoveredHead Run(
        Chain chain,
        Manifest manifest,
        Func<IStorageFile> open,
        IFileSystem files,
        IReadOnlyList<SurveyedFile> outside,
        Segment? from = null)
    {
        ChainedSegment head = chain.Head!;
        string? tornRotation = null;
        TailScan? scan = TrySeal(open, head.Header, manifest);
        Attestation attested = default(Attestation).With(manifest);
        if (scan is null)
        {
            scan = from is null
                ? TailScan.Run(open(), head.Header)
                : TailScan.Run(open(), head.Header, from.SettledEnd, from.SettledSequence + 1);
            foreach (SurveyedFile file in outside)
            {
                if (OutsideEvidence.TryFind(
                    files, file, head.Header.SegmentId, ref attested))
                {
                    tornRotation = file.Path;
                }
            }
        }

        RecoveredHead recovered = Decide(head, scan, attested.With(scan.Attested));
        return tornRotation is null
            ? recovered
            : recovered with { State = RecoveredTail.Torn, TornRotation = tornRotation };
    }

    /// <summary>
    /// The end of the log as the closed manifest names it, if the seal stands there; null where the
    /// segment must be read.
    /// </summary>
    internal static TailScan? TrySeal(
        Func<IStorageFile> open, SegmentHeader header, Manifest manifest)
    {
        ManifestSegment listed = manifest.Segments.FirstOrDefault(
            s => s.SegmentId == header.SegmentId && s.EndOffset != 0);
        if (!manifest.CleanlyClosed || listed.EndOffset < 2L * header.Alignment)
        {
            return null;
        }

        using SegmentScanner scanner =
            new(open(), header.Identity, header.Alignment);
        GroupVerdict verdict = scanner.Judge(
            listed.EndOffset - header.Alignment, listed.EndOffset, out GroupHeader group);
        bool seal = verdict == GroupVerdict.Whole
            && group.Flags.HasFlag(GroupFlags.Seal)
            && group.FirstSequence == listed.LastSequence + 1;
        return !seal ? null : new TailScan
        {
            EndOffset = listed.EndOffset,
            LastSequence = listed.LastSequence,
            LastGroupOffset = listed.EndOffset,
            LastGroupSequence = listed.LastSequence + 1,
            Finding = TailFinding.Sealed,
            TornAtEnd = false,
            Groups = 1,
            LaterGroups = 0,
            TraceEnd = listed.EndOffset,
            LastTicks = group.TimeTicks,
            Attested = Attestation.Of(header).With(group.Mark),
            Index = null,
        };
    }

    /// <summary>Decides by the table; all evidence is in.</summary>
    /// <exception cref="CorruptionException">Something durable is damaged or missing.</exception>
    internal static RecoveredHead Decide(ChainedSegment head, TailScan scan, Attestation attested)
    {
        if (head.MustBeEmpty && scan.LastSequence >= head.Header.FirstSequence)
        {
            throw new CorruptionException(
                head.File.Path,
                head.Header.Alignment,
                $"segment {head.Header.SegmentId} holds records from sequence "
                + $"{head.Header.FirstSequence} on; the manifest of a later open does not list it: it "
                + "is from a copy of this store");
        }

        bool more = attested.Exceeds(head.Header.SegmentId, scan.EndOffset, scan.LastSequence);
        return TailDecision.Decide(scan.Finding, more).Outcome switch
        {
            TailOutcome.Sealed => new RecoveredHead(scan, RecoveredTail.Sealed),
            TailOutcome.Clean => new RecoveredHead(scan, RecoveredTail.Clean),
            TailOutcome.Torn => new RecoveredHead(scan, RecoveredTail.Torn),
            _ => throw new CorruptionException(
                head.File.Path, scan.EndOffset, Describe(scan, attested)),
        };
    }

    private static string Describe(TailScan scan, Attestation attested)
    {
        string found = scan.Finding switch
        {
            TailFinding.Sealed => "the seal stands",
            TailFinding.Nothing => "no group stands",
            TailFinding.TornBody => "a group's records are damaged",
            TailFinding.SequenceGap or TailFinding.WrongSequence =>
                "a group of another sequence stands",
            TailFinding.LaterGroups => "a group is damaged, and others follow it,",
            _ => "a group's header is damaged",
        };
        return scan.Finding is TailFinding.SequenceGap or TailFinding.WrongSequence
            ? $"{found} where sequence {scan.LastSequence + 1} was to follow"
            : $"{found} behind sequence {scan.LastSequence}, but sequence {attested.Sequence} up to "
              + $"offset {attested.EndOffset} of segment {attested.SegmentId} is attested as durable";
    }
}
