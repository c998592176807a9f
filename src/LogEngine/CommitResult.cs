namespace LogEngine;

/// <summary>What became of a write that had a condition.</summary>
/// <param name="Applied">Whether it was written.</param>
/// <param name="Version">
/// The version it made; where it was refused, the version that stood in its way, 0 for none.
/// </param>
public readonly record struct ConditionalResult(bool Applied, long Version);

/// <summary>What became of a batch.</summary>
/// <param name="Applied">Whether it was written: all of it, or nothing.</param>
/// <param name="Sequences">The sequences of its operations, in order; their versions.</param>
/// <param name="Conflict">The first condition that did not hold; null where it was applied.</param>
public readonly record struct CommitResult(
    bool Applied, SequenceRange Sequences, Conflict? Conflict);

/// <summary>A condition that did not hold.</summary>
/// <param name="Keyspace">Name of the keyspace.</param>
/// <param name="Key">The key.</param>
/// <param name="Expected">The version that was required, 0 for absence.</param>
/// <param name="Actual">The version that was there, 0 for none.</param>
public sealed record Conflict(
    string Keyspace, ReadOnlyMemory<byte> Key, long Expected, long Actual)
{
    /// <summary>Whether the other one says the same, by the key's bytes.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(Conflict? other) => other is not null
        && (Keyspace, Expected, Actual) == (other.Keyspace, other.Expected, other.Actual)
        && Key.Span.SequenceEqual(other.Key.Span);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Keyspace, Contents.Hash(Key), Expected, Actual);
}
