namespace LogEngine.Stores.Queues;

/// <summary>What became of a message that was enqueued.</summary>
public enum EnqueueOutcome
{
    /// <summary>It is in the queue.</summary>
    Enqueued,

    /// <summary>
    /// A message with its deduplication id was enqueued within the window; nothing was written.
    /// </summary>
    Duplicate,
}

/// <summary>What became of a message that was enqueued.</summary>
/// <param name="Id">
/// Its id; of the first one where it is a duplicate, 0 where that one's window has just ended.
/// </param>
/// <param name="Outcome">Whether it was written.</param>
public readonly record struct EnqueueResult(long Id, EnqueueOutcome Outcome);
