namespace LogEngine;

/// <summary>What an operation of a batch does.</summary>
public enum WriteOperationKind
{
    /// <summary>Gives a key a value.</summary>
    Put = 1,

    /// <summary>Removes a key, if it is there.</summary>
    Delete = 2,

    /// <summary>Removes the keys from one up to, not including, another.</summary>
    DeleteRange = 3,

    /// <summary>Gives the value that a key has another expiry, if it is there.</summary>
    Touch = 7,

    /// <summary>Removes a keyspace with all its keys.</summary>
    DropKeyspace = 6,
}

/// <summary>An operation of a batch, for engines: <see cref="WriteBatch.GetOperation"/>.</summary>
public readonly ref struct WriteOperation
{
    internal WriteOperation(
        WriteOperationKind kind,
        Keyspace keyspace,
        ReadOnlySpan<byte> key,
        ReadOnlySpan<byte> value,
        long expiresTicks,
        int sequenceAt)
    {
        SequenceAt = sequenceAt;
        Kind = kind;
        Keyspace = keyspace;
        Key = key;
        Value = value;
        ExpiresAt = expiresTicks == 0 ? null : new DateTimeOffset(expiresTicks, TimeSpan.Zero);
    }

    /// <summary>What it does.</summary>
    public WriteOperationKind Kind { get; }

    /// <summary>The keyspace it is about.</summary>
    public Keyspace Keyspace { get; }

    /// <summary>The key; of a range, its first, empty for the first of all.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>Of a put, the value; of a range, the key it ends before, empty for the end.</summary>
    public ReadOnlySpan<byte> Value { get; }

    /// <summary>
    /// Of a put, where the engine writes the version that it gives the put into the key, over 8 bytes,
    /// big-endian; -1 where it does not.
    /// </summary>
    public int SequenceAt { get; }

    /// <summary>Of a put or a touch, from when the value is absent; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; }
}

/// <summary>A condition of a batch, for engines: <see cref="WriteBatch.GetCondition"/>.</summary>
/// <param name="Keyspace">The keyspace of the key.</param>
/// <param name="Key">The key.</param>
/// <param name="Version">The version that it must have; 0 for absence.</param>
public readonly record struct WriteCondition(
    Keyspace Keyspace, ReadOnlyMemory<byte> Key, long Version)
{
    /// <summary>Whether the other one demands the same, by the key's bytes.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(WriteCondition other) => ReferenceEquals(Keyspace, other.Keyspace)
        && Version == other.Version
        && Key.Span.SequenceEqual(other.Key.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Keyspace, Contents.Hash(Key), Version);
}
