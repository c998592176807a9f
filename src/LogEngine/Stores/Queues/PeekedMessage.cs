namespace LogEngine.Stores.Queues;

/// <summary>A ready message that was looked at without being received; its bytes are its own.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Body">Its body.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="EnqueuedAt">When it was enqueued.</param>
/// <param name="Deliveries">How often it was delivered before.</param>
public sealed record PeekedMessage(
    long Id,
    int Lane,
    ReadOnlyMemory<byte> Body,
    IReadOnlyDictionary<string, string> Headers,
    DateTimeOffset EnqueuedAt,
    int Deliveries)
{
    /// <summary>
    /// Why body, headers and time of enqueueing cannot be read, and are empty here; null where they
    /// can.
    /// </summary>
    public string? Unreadable { get; init; }
}
