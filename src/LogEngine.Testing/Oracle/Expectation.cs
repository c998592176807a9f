namespace LogEngine.Testing.Oracle;

/// <summary>What a log recovered after a crash at a moment must and may hold.</summary>
/// <param name="Era">What was submitted.</param>
/// <param name="Submitted">Highest sequence that may be there.</param>
/// <param name="Durable">Highest sequence that must be there after a power loss.</param>
/// <param name="Written">Highest sequence that must be there after a kill of the process.</param>
/// <param name="LowAtLeast">First sequence at least: truncations that were acknowledged.</param>
/// <param name="LowAtMost">First sequence at most: truncations that were asked for.</param>
internal sealed record Expectation(
    JournalEra Era,
    long Submitted,
    long Durable,
    long Written,
    long LowAtLeast,
    long LowAtMost)
{
    /// <summary>What is wrong; null where nothing is.</summary>
    /// <param name="found">What a recovery found.</param>
    /// <param name="killOnly">The process died and the machine went on.</param>
    internal string? Violation(RecoveredState found, bool killOnly)
    {
        if (found.Problem is not null)
        {
            return found.Problem;
        }

        long must = killOnly ? Math.Max(Durable, Written) : Durable;
        if (found.Last < must)
        {
            return $"O2: recovered up to {found.Last}, but {must} was acknowledged";
        }

        if (found.Last > Submitted)
        {
            return $"O3: recovered up to {found.Last}, but only {Submitted} were submitted";
        }

        if (!Era.IsBoundary(found.Last))
        {
            return $"O1: recovered up to {found.Last}, which is within a batch";
        }

        // An empty log starts behind its last sequence.
        return found.First < LowAtLeast
            ? $"O4: starts at {found.First}, but everything below {LowAtLeast} was truncated"
            : found.First > Math.Max(LowAtMost, 1)
                ? $"O2: starts at {found.First}, but only truncation to {LowAtMost} was asked for"
                : null;
    }
}
