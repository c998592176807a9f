namespace LogEngine;

/// <summary>What a snapshot file says besides its payload. Immutable.</summary>
public sealed record SnapshotFileOptions
{
    /// <summary>
    /// Log sequence that the content stands for, 0 or more; default 0: none.
    /// </summary>
    public long LogSequence { get; init; }

    /// <summary>
    /// The payload's own version, any number; default 0. It is kept and handed back, never judged.
    /// </summary>
    public uint ContentVersion { get; init; }

    /// <summary>
    /// Facts that must hold before any byte is written; default none. A violated one fails the call
    /// with <see cref="SnapshotValidationException"/> and creates nothing.
    /// </summary>
    public IReadOnlyList<SnapshotInvariant> Invariants { get; init; } = [];

    /// <summary>Whether the other ones are the same, invariant by invariant.</summary>
    /// <param name="other">The other ones.</param>
    public bool Equals(SnapshotFileOptions? other) => other is not null
        && (LogSequence, ContentVersion) == (other.LogSequence, other.ContentVersion)
        && Invariants.SequenceEqual(other.Invariants);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(LogSequence, ContentVersion, Contents.Hash(Invariants));

    /// <summary>Checks the values, then the invariants in their order.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    /// <exception cref="SnapshotValidationException">An invariant does not hold.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(LogSequence);
        ArgumentNullException.ThrowIfNull(Invariants);
        foreach (SnapshotInvariant invariant in Invariants)
        {
            invariant.Check();
        }
    }
}
