using LogEngine.Stores.Queues;

namespace LogEngine.PostgreSql.Queues;

/// <summary>
/// What has happened through one open of a queue; all objects of a queue on an engine share one.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Counters
{
    private readonly long[] _counts = new long[(int)Count.Deleted + 1];

    internal enum Count
    {
        Enqueued,
        Duplicates,
        Rejected,
        Delivered,
        Redelivered,
        Acknowledged,
        NegativelyAcknowledged,
        LeasesExpired,
        DeadLettered,
        Dropped,
        Expired,
        Unreadable,
        Deleted,
    }

    internal long this[Count count] => Interlocked.Read(ref _counts[(int)count]);

    internal void Add(Count count, long number = 1) => Interlocked.Add(ref _counts[(int)count], number);

    /// <summary>With what there is now.</summary>
    internal QueueStatistics With(long ready, long scheduled, long leased, long bytes, long dead, long heldBack) => new()
    {
        Ready = ready,
        Scheduled = scheduled,
        Leased = leased,
        Bytes = bytes,
        Dead = dead,
        Enqueued = this[Count.Enqueued],
        Duplicates = this[Count.Duplicates],
        Rejected = this[Count.Rejected],
        Delivered = this[Count.Delivered],
        Redelivered = this[Count.Redelivered],
        Acknowledged = this[Count.Acknowledged],
        NegativelyAcknowledged = this[Count.NegativelyAcknowledged],
        LeasesExpired = this[Count.LeasesExpired],
        DeadLettered = this[Count.DeadLettered],
        Dropped = this[Count.Dropped],
        Expired = this[Count.Expired],
        Unreadable = this[Count.Unreadable],
        Deleted = this[Count.Deleted],
        HeldBack = heldBack,
    };
}
