namespace LogEngine.Recovery;

/// <summary>What to make of the end of the log.</summary>
internal enum TailOutcome
{
    /// <summary>The log was closed.</summary>
    Sealed,

    /// <summary>It was not; nothing follows its last group.</summary>
    Clean,

    /// <summary>It was not, and what was being written is cut off.</summary>
    Torn,

    /// <summary>Something durable is damaged or missing: refuse.</summary>
    Corruption,
}

/// <summary>A row of the decision table.</summary>
/// <param name="Name">What the row is about.</param>
/// <param name="Finding">What stands at the end; null for anything.</param>
/// <param name="Attested">Whether something attests more than was found; null for either.</param>
/// <param name="Outcome">What follows.</param>
internal sealed record TailRow(
    string Name, TailFinding? Finding, bool? Attested, TailOutcome Outcome)
{
    internal bool Matches(TailFinding finding, bool attested) =>
        (Finding ?? finding) == finding && (Attested ?? attested) == attested;
}

/// <summary>
/// The decision at the first offset where no next group stands. The same table, with the reasons,
/// is in docs/recovery.md; a test enumerates every input and finds exactly one row.
/// </summary>
internal static class TailDecision
{
    internal static IReadOnlyList<TailRow> Rows { get; } =
    [
        new("closed", TailFinding.Sealed, false, TailOutcome.Sealed),
        new("closed, more attested", TailFinding.Sealed, true, TailOutcome.Corruption),
        new("nothing follows", TailFinding.Nothing, false, TailOutcome.Clean),
        new("nothing follows, more attested", TailFinding.Nothing, true, TailOutcome.Corruption),
        new("header torn", TailFinding.Traces, false, TailOutcome.Torn),
        new("header torn, attested", TailFinding.Traces, true, TailOutcome.Corruption),
        new("body torn", TailFinding.TornBody, false, TailOutcome.Torn),
        new("body torn, attested", TailFinding.TornBody, true, TailOutcome.Corruption),
        new("hole, groups behind it", TailFinding.LaterGroups, false, TailOutcome.Torn),
        new("hole below a mark", TailFinding.LaterGroups, true, TailOutcome.Corruption),

        // The last group that is not durable may be written again with more records: an earlier state of
        // it may be all that a power loss leaves, whatever it leaves of what came behind it.
        new("sequence gap", TailFinding.SequenceGap, false, TailOutcome.Torn),
        new("sequence gap below a mark", TailFinding.SequenceGap, true, TailOutcome.Corruption),

        // Groups follow each other in the order of their sequences: no crash can make this.
        new("sequence goes back", TailFinding.WrongSequence, null, TailOutcome.Corruption),
    ];

    internal static TailRow Decide(TailFinding finding, bool attested) =>
        Rows.Single(row => row.Matches(finding, attested));
}
