namespace LogEngine.Stores.Queues;

/// <summary>How a message comes to its end, or out of the queue.</summary>
internal enum MessageEnd
{
    /// <summary>It was dealt with.</summary>
    Acknowledged,

    /// <summary>It is a dead letter.</summary>
    DeadLettered,

    /// <summary>Its time to live had passed.</summary>
    Expired,

    /// <summary>It was deleted by its id.</summary>
    Deleted,

    /// <summary>It made room at a limit.</summary>
    Dropped,
}
