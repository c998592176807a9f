namespace LogEngine.Engine;

/// <summary>What became of a commit.</summary>
/// <param name="Sequences">Of its operations, where it was written.</param>
/// <param name="FailedCondition">The condition that did not hold; -1 where it was written.</param>
/// <param name="ActualVersion">The version that was there instead.</param>
/// <param name="IsStale">
/// Nothing was judged or written: a keyspace was dropped while the batch was on its way. Try again.
/// </param>
internal readonly record struct CommitOutcome(
    SequenceRange Sequences, int FailedCondition, long ActualVersion, bool IsStale = false);
