namespace LogEngine;

/// <summary>A value of an engine that a salvage knows of and could not read.</summary>
/// <param name="Keyspace">Name of its keyspace.</param>
/// <param name="Key">Its key.</param>
/// <param name="Version">Its version in the damaged engine.</param>
/// <param name="Reason">What was found instead.</param>
public sealed record LostValue(
    string Keyspace, ReadOnlyMemory<byte> Key, long Version, string Reason)
{
    /// <summary>Whether the other one says the same, by the key's bytes.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(LostValue? other) => other is not null
        && (Keyspace, Version, Reason) == (other.Keyspace, other.Version, other.Reason)
        && Key.Span.SequenceEqual(other.Key.Span);

    /// <inheritdoc/>
    public override int GetHashCode() =>
        HashCode.Combine(Keyspace, Contents.Hash(Key), Version, Reason);
}
