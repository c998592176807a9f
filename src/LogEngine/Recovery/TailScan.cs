using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>What stands where the groups of the head end.</summary>
internal enum TailFinding
{
    /// <summary>The last group carries the seal.</summary>
    Sealed,

    /// <summary>Nothing of this segment: zeros, stale bytes, or the end of the file.</summary>
    Nothing,

    /// <summary>The segment's id or salt in clear, no valid group.</summary>
    Traces,

    /// <summary>A valid group header whose records are not all there.</summary>
    TornBody,

    /// <summary>
    /// A group that is whole and begins behind the sequence expected: the group before it was added to, and
    /// an earlier state of it stands here.
    /// </summary>
    SequenceGap,

    /// <summary>A group that is whole and begins before the sequence expected.</summary>
    WrongSequence,

    /// <summary>Valid groups follow behind something that is none.</summary>
    LaterGroups,
}

/// <summary>The groups of the newest segment, up to the first that fails, and what follows it.</summary>
internal sealed record TailScan
{
    /// <summary>Where the first failing group stands, or the next would: the end of the log.</summary>
    internal required long EndOffset { get; init; }

    internal required long LastSequence { get; init; }

    /// <summary>Where the last group starts, which a writer may still add to; the end where there is none.</summary>
    internal required long LastGroupOffset { get; init; }

    /// <summary>First sequence of that group; the next one where there is none.</summary>
    internal required long LastGroupSequence { get; init; }

    internal required TailFinding Finding { get; init; }

    /// <summary>A torn group stands at the end itself.</summary>
    internal required bool TornAtEnd { get; init; }

    internal required long Groups { get; init; }

    /// <summary>Whole groups behind the end; never joined.</summary>
    internal required int LaterGroups { get; init; }

    /// <summary>End of the last trace of this segment behind the end; the end itself if none.</summary>
    internal required long TraceEnd { get; init; }

    internal required long LastTicks { get; init; }

    /// <summary>The strongest mark seen in any valid header of this segment.</summary>
    internal required Attestation Attested { get; init; }

    /// <summary>Bytes of records that were verified for it: what the scan cost.</summary>
    internal long VerifiedBytes { get; init; }

    /// <summary>Where groups start; null where the segment was not read.</summary>
    internal required SparseIndex? Index { get; init; }

    /// <summary>Reads a segment from its first group on. Owns the file.</summary>
    internal static TailScan Run(IStorageFile file, SegmentHeader header) =>
        Run(file, header, header.Alignment, header.FirstSequence);

    /// <summary>Reads a segment from a group on. Owns the file.</summary>
    internal static TailScan Run(
        IStorageFile file, SegmentHeader header, long from, long firstSequence)
    {
        using SegmentScanner scanner =
            new(file, header.Identity, header.Alignment);
        long length = scanner.Length;
        SparseIndex index = new();
        Attestation attested = Attestation.Of(header);
        long at = from;
        long expected = firstSequence;
        long lastAt = from;
        long lastFirst = firstSequence;
        long groups = 0;
        long ticks = header.CreatedTicks;
        while (true)
        {
            GroupVerdict verdict = scanner.Judge(at, length, out GroupHeader group);
            if (verdict is GroupVerdict.Whole or GroupVerdict.TornBody)
            {
                attested = attested.With(group.Mark);
            }

            bool whole = verdict == GroupVerdict.Whole;
            if (whole && group.FirstSequence == expected)
            {
                groups++;
                ticks = Math.Max(ticks, group.TimeTicks);
                lastAt = at;
                lastFirst = expected;
                expected = group.NextSequence;
                index.Note(group.FirstSequence, at, group.TimeTicks);
                at = scanner.NextOffset(group);
                if (!group.Flags.HasFlag(GroupFlags.Seal))
                {
                    continue;
                }
            }

            bool seal = whole && at > group.Offset;
            bool gap = whole && !seal && group.FirstSequence > expected;
            Rest rest = seal
                ? new Rest(0, false, at, attested)
                : Rest.Look(scanner, at, length, attested);
            return new TailScan
            {
                EndOffset = at,
                LastSequence = expected - 1,
                LastGroupOffset = lastAt,
                LastGroupSequence = lastFirst,
                Finding = gap ? TailFinding.SequenceGap : Classify(verdict, seal, rest),
                TornAtEnd = verdict is GroupVerdict.TornBody or GroupVerdict.TornHeader,
                Groups = groups,
                LaterGroups = rest.Groups + (gap ? 1 : 0),
                TraceEnd = rest.TraceEnd,
                LastTicks = ticks,
                Attested = rest.Attested,
                Index = index,
                VerifiedBytes = scanner.VerifiedBytes,
            };
        }
    }

    private static TailFinding Classify(GroupVerdict verdict, bool seal, Rest rest) =>
        (verdict, seal, rest) switch
        {
            (_, true, _) => TailFinding.Sealed,
            (GroupVerdict.Whole, _, _) => TailFinding.WrongSequence,
            (_, _, { Groups: > 0 }) => TailFinding.LaterGroups,
            (GroupVerdict.TornBody, _, _) => TailFinding.TornBody,
            (GroupVerdict.TornHeader, _, _) => TailFinding.Traces,
            (_, _, { HasTraces: true }) => TailFinding.Traces,
            _ => TailFinding.Nothing,
        };

    /// <summary>What lies behind the failing offset.</summary>
    /// <remarks>
    /// Every block is looked at, and every byte is verified at most once, so that what stands there
    /// cannot cost more than its length: groups of one life of a segment never overlap. What stands
    /// within a whole group is its payload, whatever it looks like, and is passed over. Within a torn
    /// one a header still attests, as everywhere; only its records are not judged.
    /// </remarks>
    private readonly record struct Rest(
        int Groups, bool HasTraces, long TraceEnd, Attestation Attested)
    {
        internal static Rest Look(
            SegmentScanner scanner, long from, long length, Attestation attested)
        {
            int groups = 0;
            bool traces = false;
            long traceEnd = from;
            long claimed = from;
            long next;
            for (long at = from; at < length; at = next)
            {
                next = at + scanner.Alignment;
                GroupVerdict verdict = at < claimed
                    ? scanner.JudgeHeader(at, length, out GroupHeader group)
                    : scanner.Judge(at, length, out group);
                switch (verdict)
                {
                    case GroupVerdict.Nothing:
                        continue;
                    case GroupVerdict.Whole:
                        groups += at > from ? 1 : 0;
                        next = scanner.NextOffset(group);
                        goto case GroupVerdict.TornBody;
                    case GroupVerdict.TornBody:
                        attested = attested.With(group.Mark);
                        claimed = Math.Max(claimed, scanner.NextOffset(group));
                        traceEnd = Math.Max(
                            traceEnd, Math.Min(length, scanner.NextOffset(group)));
                        break;
                    default:
                        traceEnd = Math.Max(
                            traceEnd, Math.Min(length, at + scanner.Alignment));
                        break;
                }

                traces = true;
            }

            return new Rest(groups, traces, traceEnd, attested);
        }
    }
}
