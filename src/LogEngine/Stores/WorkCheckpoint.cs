using System.Text.Json.Serialization;

namespace LogEngine.Stores;

/// <summary>
/// Where a batch of work stands: a ready payload for a <see cref="CheckpointStore"/>, kept as JSON.
/// </summary>
public sealed record WorkCheckpoint
{
    /// <summary>Its number; the store overwrites what the caller puts there.</summary>
    public long Sequence { get; init; }

    /// <summary>When it was taken.</summary>
    public required DateTimeOffset Timestamp { get; init; }

    /// <summary>Items that wait, in order.</summary>
    public IReadOnlyList<string> Queued { get; init; } = [];

    /// <summary>Items that are being worked on.</summary>
    public IReadOnlyList<string> InProgress { get; init; } = [];

    /// <summary>Which worker has which item.</summary>
    public IReadOnlyDictionary<string, string> Workers { get; init; } =
        new Dictionary<string, string>();

    /// <summary>Whatever else belongs to it.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } =
        new Dictionary<string, string>();

    /// <summary>Whether the other one says the same, item by item.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(WorkCheckpoint? other) => other is not null
        && (Sequence, Timestamp) == (other.Sequence, other.Timestamp)
        && Queued.SequenceEqual(other.Queued)
        && InProgress.SequenceEqual(other.InProgress)
        && Contents.Same(Workers, other.Workers)
        && Contents.Same(Metadata, other.Metadata);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(
        Sequence,
        Timestamp,
        Queued.Count,
        InProgress.Count,
        Workers.Count,
        Metadata.Count);
}

/// <summary>JSON of the stores' own types, by code made at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WorkCheckpoint))]
internal sealed partial class StoreJson : JsonSerializerContext;
