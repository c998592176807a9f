using LogEngine.Format;
using LogEngine.Storage;

namespace LogEngine.Inspection;

/// <summary>
/// Keeps account of sequences: which one is next, which are missing, which are attested.
/// </summary>
internal sealed class SalvageLosses
{
    private readonly DirectoryLook _look;
    private readonly IReadOnlyList<InspectedSegment> _segments;
    private readonly List<SalvageGap> _gaps = [];
    private readonly List<VerifyFinding> _findings = [];

    internal SalvageLosses(DirectoryLook look, IReadOnlyList<InspectedSegment> segments)
    {
        _look = look;
        _segments = segments;
        Next = look.LowWaterSequence;
        Attested = (look.Manifest?.NextSequence ?? 1) - 1;
        foreach (InspectedSegment segment in segments)
        {
            Attested = Math.Max(Attested, segment.Header?.Predecessor.LastSequence ?? 0);
        }
    }

    /// <summary>The first sequence that has not been accounted for.</summary>
    internal long Next { get; private set; }

    /// <summary>The highest sequence that anything names as durable.</summary>
    internal long Attested { get; private set; }

    /// <summary>What is missing and was durable.</summary>
    internal IReadOnlyList<SalvageGap> Gaps => [.. _gaps.Where(g => g.FirstSequence <= Attested)];

    /// <summary>Everything else that was met; gaps that nothing attests are a torn tail.</summary>
    internal IReadOnlyList<VerifyFinding> Findings =>
    [
        .. _findings,
        .. _gaps.Where(g => g.FirstSequence > Attested).Select(g => new VerifyFinding(
            FindingSeverity.Note,
            g.Path,
            g.Offset,
            $"torn tail: nothing attests that sequences {g.FirstSequence} to {g.LastSequence} "
            + "were ever durable")),
    ];

    internal void Add(SalvageGap gap) => _gaps.Add(gap);

    internal void Add(VerifyFinding finding) => _findings.Add(finding);

    internal void Attest(DurableMark mark) => Attested = Math.Max(Attested, mark.Sequence);

    /// <summary>Everything below a sequence is accounted for.</summary>
    internal void Advance(long next) => Next = Math.Max(Next, next);

    /// <summary>
    /// The next thing to be read begins with a sequence: what lies before it is missing.
    /// </summary>
    internal void AdvanceTo(long sequence, string path)
    {
        if (sequence > Next)
        {
            (string where, string reason) = Missing(path);
            Add(new SalvageGap(where, -1, Next, sequence - 1, reason));
            Advance(sequence);
        }
    }

    /// <summary>Nothing more can be read.</summary>
    internal void Finish() => AdvanceTo(Attested + 1, _look.Directory);

    private (string Path, string Reason) Missing(string path)
    {
        long next = Next;
        ManifestSegment listed = _look.Manifest?.Segments.FirstOrDefault(
            s => s.FirstSequence <= next && (s.LastSequence == 0 || s.LastSequence >= next))
            ?? default;
        if (listed.SegmentId != 0 && _segments.All(s => s.SegmentId != listed.SegmentId))
        {
            return (
                Path.Combine(_look.Directory, FileNames.Segment(listed.FileNumber)),
                $"segment {listed.SegmentId} is missing or unreadable");
        }

        return _look.Manifest is null
            ? (path, "no readable file holds them; they may have been truncated")
            : (path, "no readable file holds them");
    }
}
