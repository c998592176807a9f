namespace LogEngine.Stores.Queues;

/// <summary>A message to be enqueued. Its bytes are copied when it is handed over.</summary>
public sealed record QueueMessage
{
    /// <summary>Number of lanes: 8.</summary>
    public static int Lanes => 8;

    /// <summary>Default of <see cref="Lane"/>: 4.</summary>
    public static int DefaultLane => 4;

    /// <summary>Most UTF-8 bytes of a <see cref="DeduplicationId"/>: 1,024.</summary>
    public static int MaxDeduplicationIdBytes => 1024;

    /// <summary>Most headers, and most UTF-8 bytes of a header's name or value: 65,535.</summary>
    public static int MaxHeaderBytes => ushort.MaxValue;

    /// <summary>A message of some bytes.</summary>
    /// <param name="body">The body; may be empty.</param>
    public QueueMessage(ReadOnlyMemory<byte> body) => Body = body;

    /// <summary>The body, up to a little less than 64 MiB with the headers.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>Names and values that travel with the body; null for none.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>
    /// Priority lane, 0 (served first) to 7, default 4. No lane starves:
    /// <see cref="QueueOptions.StarvationLimit"/>.
    /// </summary>
    public int Lane { get; init; } = DefaultLane;

    /// <summary>Not delivered before so much time has passed; zero for at once.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Not delivered before this wall-clock time; wins over <see cref="Delay"/>.</summary>
    public DateTimeOffset? DueAt { get; init; }

    /// <summary>
    /// Written only if no message with this id was enqueued within
    /// <see cref="QueueOptions.DeduplicationWindow"/>; null for no such check.
    /// </summary>
    public string? DeduplicationId { get; init; }

    /// <summary>
    /// From its enqueueing to when it is no longer delivered; null for the queue's
    /// <see cref="QueueOptions.MaxAge"/>.
    /// </summary>
    public TimeSpan? TimeToLive { get; init; }
}
