namespace LogEngine.Stores.Queues;

/// <summary>
/// A lease has expired, was settled, was purged, or is of an earlier open. Nothing was written; the
/// message may be with somebody else.
/// </summary>
public sealed class LeaseLostException : LogEngineException
{
    /// <summary>Names the queue and the lease.</summary>
    public LeaseLostException(string queue, LeaseToken lease)
        : base(
            $"Lease {lease} of queue '{queue}' is lost: it has expired, was settled, or is of an "
            + "earlier open. Nothing was written; the message may be delivered again.")
    {
        Queue = queue;
        Lease = lease;
    }

    /// <summary>The queue's name.</summary>
    public string Queue { get; }

    /// <summary>The lease.</summary>
    public LeaseToken Lease { get; }
}
