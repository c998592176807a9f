namespace LogEngine.Stores.Queues;

/// <summary>A lease that has expired: nobody settled or renewed it in time.</summary>
/// <remarks>What became of the message since then is not in it.</remarks>
public sealed class LeaseExpiredEventArgs : EventArgs
{
    /// <summary>The queue's name.</summary>
    public required string QueueName { get; init; }

    /// <summary>The lease; it is lost, and settles nothing.</summary>
    public required LeaseToken Lease { get; init; }

    /// <summary>The message's id.</summary>
    public required long MessageId { get; init; }

    /// <summary>The message's group; null for none.</summary>
    public string? GroupId { get; init; }

    /// <summary>How often the message has been delivered so far.</summary>
    public required int DeliveryCount { get; init; }
}
