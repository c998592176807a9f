namespace LogEngine.Stores.Queues;

/// <summary>What has happened since opening. Guarded by the queue's lock.</summary>
internal sealed class QueueCounters
{
    internal long Enqueued { get; set; }

    internal long Duplicates { get; set; }

    internal long Rejected { get; set; }

    internal long Delivered { get; set; }

    internal long Redelivered { get; set; }

    internal long Acknowledged { get; set; }

    internal long NegativelyAcknowledged { get; set; }

    internal long LeasesExpired { get; set; }

    internal long DeadLettered { get; set; }

    internal long Dropped { get; set; }

    internal long Expired { get; set; }

    internal long Unreadable { get; set; }

    internal long Deleted { get; set; }

    /// <summary>A message has come to its end.</summary>
    internal void Count(MessageEnd end)
    {
        switch (end)
        {
            case MessageEnd.Acknowledged:
                Acknowledged++;
                break;
            case MessageEnd.DeadLettered:
                DeadLettered++;
                break;
            case MessageEnd.Expired:
                Expired++;
                break;
            case MessageEnd.Deleted:
                Deleted++;
                break;
            default:
                Dropped++;
                break;
        }
    }

    /// <summary>With what there is now.</summary>
    internal QueueStatistics ToStatistics(
        Tally ready, Tally scheduled, Tally heldBack, Tally leased, long dead) => new()
        {
            Ready = ready.Count,
            Scheduled = scheduled.Count,
            HeldBack = heldBack.Count,
            Leased = leased.Count,
            Dead = dead,
            Bytes = (ready + scheduled + heldBack + leased).Bytes,
            Enqueued = Enqueued,
            Duplicates = Duplicates,
            Rejected = Rejected,
            Delivered = Delivered,
            Redelivered = Redelivered,
            Acknowledged = Acknowledged,
            NegativelyAcknowledged = NegativelyAcknowledged,
            LeasesExpired = LeasesExpired,
            DeadLettered = DeadLettered,
            Dropped = Dropped,
            Expired = Expired,
            Unreadable = Unreadable,
            Deleted = Deleted,
        };
}
