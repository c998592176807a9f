namespace LogEngine.Stores.Queues;

/// <summary>A message that is not delivered any more; its bytes are its own.</summary>
/// <param name="Id">Its id, unchanged.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Body">Its body.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="EnqueuedAt">When it was enqueued.</param>
/// <param name="DiedAt">When it was moved here.</param>
/// <param name="Deliveries">How often it was delivered.</param>
/// <param name="Reason">Why; at most 1,000 characters are kept.</param>
public sealed record DeadLetter(
    long Id,
    int Lane,
    ReadOnlyMemory<byte> Body,
    IReadOnlyDictionary<string, string> Headers,
    DateTimeOffset EnqueuedAt,
    DateTimeOffset DiedAt,
    int Deliveries,
    string Reason)
{
    /// <summary>
    /// Why its body cannot be read: it was damaged when it died, or the dead letter is; what cannot be
    /// read is empty here. Null where all of it can.
    /// </summary>
    public string? Unreadable { get; init; }
}
