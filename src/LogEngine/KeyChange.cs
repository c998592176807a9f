namespace LogEngine;

/// <summary>What a change of a keyspace is.</summary>
public enum KeyChangeKind
{
    /// <summary>A key was given a value.</summary>
    Put = 1,

    /// <summary>
    /// A key was removed: by a caller, or by the engine because its value had expired. It need not have
    /// been there.
    /// </summary>
    Delete = 2,

    /// <summary>
    /// The keys from <see cref="KeyChange.Key"/>, empty for the first of all, up to and without
    /// <see cref="KeyChange.To"/>, empty for the end, were removed. It may reach beyond the prefix watched.
    /// </summary>
    DeleteRange = 3,

    /// <summary>The keyspace was dropped with all its keys.</summary>
    Drop = 6,

    /// <summary>
    /// The value of <see cref="KeyChange.Version"/> was given another expiry; it has no effect where the key
    /// has another version by then.
    /// </summary>
    Touch = 7,

    /// <summary>A key and its value that were there at the moment at which the watch began.</summary>
    State = 8,

    /// <summary>Nothing has changed that was not told, up to and with its position.</summary>
    Progress = 9,
}

/// <summary>A change of a keyspace, as a watch tells it.</summary>
/// <remarks>
/// All changes of one commit come together, in the order of its operations, and have the same
/// <see cref="Position"/>: who keeps what he makes of them commit by commit, with that position, can go on
/// from there and has never half of a batch.
/// </remarks>
public sealed record KeyChange
{
    /// <summary>What happened.</summary>
    public required KeyChangeKind Kind { get; init; }

    /// <summary>
    /// The commit it belongs to; of the state that was there at the beginning, the moment of all of it, from
    /// which one may go on once the state is complete.
    /// </summary>
    public required WatchPosition Position { get; init; }

    /// <summary>The key; of a range the first one. Empty for what is about the keyspace.</summary>
    public ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Of a range, the key it ends before; empty for the end of the keyspace.</summary>
    public ReadOnlyMemory<byte> To { get; init; }

    /// <summary>
    /// Of a put and of state, the value, with bytes of its own. Null for everything else; and of a put whose
    /// value is too large to lie in the log as it is and was overwritten or removed before the watch came to
    /// it: another change of that key follows then.
    /// </summary>
    public ReadOnlyMemory<byte>? Value { get; init; }

    /// <summary>
    /// Of a put, a touch and state, the version of the value; of a removal its own. For comparing only.
    /// </summary>
    public long Version { get; init; }

    /// <summary>
    /// Of a put, a touch and state, from when the value is absent; null for never. When that time comes
    /// nothing is told: a <see cref="KeyChangeKind.Delete"/> follows when the engine removes it.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The key as text.</summary>
    /// <exception cref="FormatException">It is no UTF-8.</exception>
    public string KeyText => TextRules.Decode(Key.Span, "The key");

    /// <summary>The value as text; null where there is none.</summary>
    /// <exception cref="FormatException">It is no UTF-8.</exception>
    public string? ValueText =>
        Value is { } value ? TextRules.Decode(value.Span, "The value") : null;

    /// <summary>Compares what keys and values hold, not where they are.</summary>
    public bool Equals(KeyChange? other) =>
        other is not null
        && Kind == other.Kind
        && Position == other.Position
        && Version == other.Version
        && ExpiresAt == other.ExpiresAt
        && Key.Span.SequenceEqual(other.Key.Span)
        && To.Span.SequenceEqual(other.To.Span)
        && Value.HasValue == other.Value.HasValue
        && Value.GetValueOrDefault().Span.SequenceEqual(other.Value.GetValueOrDefault().Span);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Position, Version, Contents.Hash(Key));
}
