namespace LogEngine.Stores.Queues;

/// <summary>A message that is not delivered any more; its bytes are its own.</summary>
public sealed class DeadLetter
{
    /// <summary>Its id, unchanged.</summary>
    public required long Id { get; init; }

    /// <summary>Its lane.</summary>
    public required int Lane { get; init; }

    /// <summary>Its group; null for none.</summary>
    public string? GroupId { get; init; }

    /// <summary>Its body.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Its headers; empty where there are none.</summary>
    public required IReadOnlyDictionary<string, string> Headers { get; init; }

    /// <summary>When it was enqueued, on the wall clock.</summary>
    public required DateTimeOffset EnqueuedAt { get; init; }

    /// <summary>When it was moved here, on the wall clock.</summary>
    public required DateTimeOffset DiedAt { get; init; }

    /// <summary>How often it was delivered.</summary>
    public required int DeliveryCount { get; init; }

    /// <summary>Why; at most 1,000 characters are kept.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// Why its body cannot be read: it was damaged when it died, or the dead letter is; what cannot be
    /// read is empty here. Null where all of it can.
    /// </summary>
    public string? Unreadable { get; init; }
}
