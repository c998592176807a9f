namespace LogEngine.Stores.Queues;

/// <summary>What a queue does with a message that would exceed its limits.</summary>
public enum QueueLimitAction
{
    /// <summary>Refuses it with <see cref="QueueFullException"/>.</summary>
    Reject,

    /// <summary>Removes the oldest ready messages, in the batch that adds it.</summary>
    DropOldest,
}
