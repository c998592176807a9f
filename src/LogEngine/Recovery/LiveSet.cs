using LogEngine.Format;
using LogEngine.Log;
using LogEngine.Storage;

namespace LogEngine.Recovery;

/// <summary>The complete segments that stay, and what the next segment's header says of them.</summary>
internal sealed record LiveSet
{
    /// <summary>Complete segments, oldest first.</summary>
    internal required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>What the new segment names as its predecessor; default: it is a root.</summary>
    internal required SegmentEnd Predecessor { get; init; }

    internal required long LowWaterSequence { get; init; }

    internal required long LastSequence { get; init; }

    internal required long LastTicks { get; init; }

    /// <summary>The head holds records and stays.</summary>
    internal required bool HeadKept { get; init; }

    /// <summary>
    /// A head without a record is skipped: the new segment takes over its predecessor, so that a
    /// loop of crashes costs no space.
    /// </summary>
    internal static LiveSet Of(Chain chain, RecoveredHead? head, Manifest manifest)
    {
        List<Segment> segments = [];
        foreach (ChainedSegment live in chain.Live.SkipLast(1))
        {
            segments.Add(Segment.Complete(
                live.Header, live.File.Path, live.EndOffset, live.LastSequence, index: null));
        }

        if (head is null)
        {
            return new LiveSet
            {
                Segments = segments,
                Predecessor = default,
                LowWaterSequence = manifest.LowWaterSequence,
                LastSequence = manifest.NextSequence - 1,
                LastTicks = 0,
                HeadKept = false,
            };
        }

        SegmentHeader header = chain.Head!.Header;
        TailScan scan = head.Scan;
        bool kept = scan.LastSequence >= header.FirstSequence;
        if (kept)
        {
            segments.Add(Segment.Complete(
                header, chain.Head.File.Path, scan.EndOffset, scan.LastSequence, scan.Index));
        }

        SegmentEnd own = new(header.SegmentId, header.Salt, scan.EndOffset, scan.LastSequence);
        SegmentEnd inherited = segments.Count > 0 ? header.Predecessor : default;
        return new LiveSet
        {
            Segments = segments,
            Predecessor = kept ? own : inherited,
            LowWaterSequence = segments.Count > 0
                ? manifest.LowWaterSequence
                : Math.Max(manifest.LowWaterSequence, scan.LastSequence + 1),
            LastSequence = scan.LastSequence,
            LastTicks = scan.LastTicks,
            HeadKept = kept,
        };
    }

    /// <summary>What somebody shows who only reads: those of its segments that hold a record.</summary>
    internal static LiveSet Shown(
        IReadOnlyList<Segment> segments, Manifest manifest, long lastSequence) => new()
        {
            Segments = [.. segments.Where(s => s.FirstSequence <= s.LastSequence)],
            Predecessor = default,
            LowWaterSequence = manifest.LowWaterSequence,
            LastSequence = lastSequence,
            LastTicks = 0,
            HeadKept = false,
        };
}
