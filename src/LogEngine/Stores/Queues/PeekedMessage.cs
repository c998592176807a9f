namespace LogEngine.Stores.Queues;

/// <summary>A ready message that was looked at without being received; its bytes are its own.</summary>
public sealed class PeekedMessage
{
    /// <summary>Its id.</summary>
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

    /// <summary>How often it has been delivered so far.</summary>
    public required int DeliveryCount { get; init; }

    /// <summary>
    /// Why body, headers and time of enqueueing cannot be read, and are empty here; null where they
    /// can.
    /// </summary>
    public string? Unreadable { get; init; }
}
