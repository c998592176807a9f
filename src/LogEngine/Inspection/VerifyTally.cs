using LogEngine.Format;
using LogEngine.Recovery;

namespace LogEngine.Inspection;

/// <summary>What a verification has seen so far: it goes on from segment to segment.</summary>
internal sealed class VerifyTally
{
    private readonly List<VerifyFinding> _findings = [];

    /// <summary>Every record must be an operation: the directory holds an engine.</summary>
    internal bool Operations { get; init; }

    internal IReadOnlyList<VerifyFinding> Findings => _findings;

    /// <summary>Nothing found so far is corruption.</summary>
    internal bool IsSound => _findings.TrueForAll(f => f.Severity != FindingSeverity.Corruption);

    internal long Groups { get; set; }

    internal long Records { get; set; }

    internal long Bytes { get; set; }

    internal long LastSequence { get; set; }

    /// <summary>Time of the last group; none may be older.</summary>
    internal long LastTicks { get; set; }

    /// <summary>The strongest mark; none may be weaker.</summary>
    internal Attestation Attested { get; set; }

    internal void Add(VerifyFinding finding) => _findings.Add(finding);

    internal void Note(string path, long offset, string reason) =>
        Add(new VerifyFinding(FindingSeverity.Note, path, offset, reason));

    internal void Corruption(string path, long offset, string reason) =>
        Add(new VerifyFinding(FindingSeverity.Corruption, path, offset, reason));

    /// <summary>Whether a mark names less than an earlier one did.</summary>
    internal bool Weakens(DurableMark mark) =>
        mark.SegmentId != 0
        && Attested.Exceeds(mark.SegmentId, mark.EndOffset, mark.Sequence);
}
