namespace LogEngine.Stores.Queues;

/// <summary>The queue is at its limit. Nothing was written.</summary>
public sealed class QueueFullException : LogEngineException
{
    /// <summary>Names the queue and its limit.</summary>
    public QueueFullException(string queue, string limit)
        : base($"Queue '{queue}' is full: {limit}. Nothing was written; receive or purge first.") =>
        Queue = queue;

    /// <summary>The queue's name.</summary>
    public string Queue { get; }
}
