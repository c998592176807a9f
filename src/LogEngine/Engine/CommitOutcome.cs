namespace LogEngine.Engine;

/// <summary>What became of a commit.</summary>
/// <param name="Sequences">Of its operations, where it was written.</param>
/// <param name="FailedCondition">The condition that did not hold; -1 where it was written.</param>
/// <param name="ActualVersion">The version that was there instead.</param>
internal readonly record struct CommitOutcome(
    SequenceRange Sequences, int FailedCondition, long ActualVersion);
