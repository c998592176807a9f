namespace LogEngine.Stores.Queues;

/// <summary>
/// A moment's picture of a queue; counters since opening. Messages whose time to live has passed count
/// until their turn comes.
/// </summary>
public sealed record QueueStatistics
{
    /// <summary>Messages that a receiver would get now.</summary>
    public required long Ready { get; init; }

    /// <summary>Messages that wait for a due time or a retry delay.</summary>
    public required long Scheduled { get; init; }

    /// <summary>
    /// Messages that wait for one before them in their group: see <see cref="QueueMessage.GroupId"/>.
    /// </summary>
    public required long HeldBack { get; init; }

    /// <summary>Messages that are leased, or on the way to or from a lease.</summary>
    public required long Leased { get; init; }

    /// <summary>Dead letters.</summary>
    public required long Dead { get; init; }

    /// <summary>Bytes of the messages as they are stored, dead letters not included.</summary>
    public required long Bytes { get; init; }

    /// <summary>Messages enqueued.</summary>
    public required long Enqueued { get; init; }

    /// <summary>Messages refused as duplicates.</summary>
    public required long Duplicates { get; init; }

    /// <summary>Messages refused because the queue was full.</summary>
    public required long Rejected { get; init; }

    /// <summary>Deliveries, repeated ones included.</summary>
    public required long Delivered { get; init; }

    /// <summary>Deliveries of a message that had been delivered before.</summary>
    public required long Redelivered { get; init; }

    /// <summary>Messages acknowledged.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Negative acknowledgements.</summary>
    public required long NegativelyAcknowledged { get; init; }

    /// <summary>Leases that expired.</summary>
    public required long LeasesExpired { get; init; }

    /// <summary>Messages moved to the dead letters.</summary>
    public required long DeadLettered { get; init; }

    /// <summary>Messages dropped at a limit.</summary>
    public required long Dropped { get; init; }

    /// <summary>Messages whose time to live was found to have passed when their turn came.</summary>
    public required long Expired { get; init; }

    /// <summary>Messages moved to the dead letters without their bodies, which are damaged.</summary>
    public required long Unreadable { get; init; }

    /// <summary>Waiting messages that were removed by their id.</summary>
    public required long Deleted { get; init; }
}
