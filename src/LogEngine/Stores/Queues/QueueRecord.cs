namespace LogEngine.Stores.Queues;

/// <summary>What a <see cref="QueueRecord"/> is about.</summary>
public enum QueueRecordKind
{
    /// <summary>Ids up to <see cref="QueueRecord.Id"/> have been given out, or may have been.</summary>
    Ids = 1,

    /// <summary>A message that waits to be delivered.</summary>
    Message = 2,

    /// <summary>A dead letter.</summary>
    DeadLetter = 3,

    /// <summary>A deduplication id that has been seen.</summary>
    Deduplication = 4,
}

/// <summary>
/// Something that a queue holds, in a form that any engine can take in: for those who make an engine, see
/// <see cref="IQueueProvider.ExportAsync"/>. Immutable.
/// </summary>
public sealed record QueueRecord
{
    private static readonly Dictionary<string, string> s_none = new(StringComparer.Ordinal);

    /// <summary>What it is about.</summary>
    public required QueueRecordKind Kind { get; init; }

    /// <summary>The message's id; of a deduplication id that of the message it came with.</summary>
    public required long Id { get; init; }

    /// <summary>Of a message or dead letter, its lane.</summary>
    public int Lane { get; init; } = QueueMessage.DefaultLane;

    /// <summary>Of a message or dead letter, its group; null for none.</summary>
    public string? GroupId { get; init; }

    /// <summary>Of a message or dead letter, its body.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Of a message or dead letter, its headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = s_none;

    /// <summary>Of a message or dead letter, when it was enqueued.</summary>
    public DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>Of a message, before which moment it is not delivered; null for at once.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>Of a message or deduplication id, from when it is gone; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Of a message or dead letter, how often it has been delivered.</summary>
    public int DeliveryCount { get; init; }

    /// <summary>Of a dead letter, when it died.</summary>
    public DateTimeOffset DiedAt { get; init; }

    /// <summary>Of a dead letter, why.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Of a dead letter: its body could not be read when it died, and is lost.</summary>
    public bool IsUnreadable { get; init; }

    /// <summary>Of a deduplication id, its bytes.</summary>
    public ReadOnlyMemory<byte> DeduplicationId { get; init; }

    /// <summary>Whether the other one says the same, bytes and headers by their contents.</summary>
    /// <param name="other">The other one.</param>
    public bool Equals(QueueRecord? other) => other is not null
        && (Kind, Id, Lane, GroupId, EnqueuedAt, DueAt, ExpiresAt)
            == (other.Kind, other.Id, other.Lane, other.GroupId, other.EnqueuedAt, other.DueAt,
                other.ExpiresAt)
        && (DeliveryCount, DiedAt, Reason, IsUnreadable)
            == (other.DeliveryCount, other.DiedAt, other.Reason, other.IsUnreadable)
        && Body.Span.SequenceEqual(other.Body.Span)
        && DeduplicationId.Span.SequenceEqual(other.DeduplicationId.Span)
        && Contents.Same(Headers, other.Headers);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add((Kind, Id, Lane, DeliveryCount));
        hash.AddBytes(Body.Span);
        hash.AddBytes(DeduplicationId.Span);
        return hash.ToHashCode();
    }
}
