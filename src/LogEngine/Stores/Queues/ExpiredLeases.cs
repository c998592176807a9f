namespace LogEngine.Stores.Queues;

/// <summary>Leases that have expired and of which nobody has been told yet.</summary>
/// <remarks>Guarded by the queue's lock.</remarks>
internal sealed class ExpiredLeases(string queue)
{
    private List<LeaseExpiredEventArgs> _expired = [];

    /// <summary>Whether somebody wants to know.</summary>
    internal bool AreNoted { get; set; }

    internal void Note(LeaseToken token, in QueueEntry entry)
    {
        if (AreNoted)
        {
            _expired.Add(new LeaseExpiredEventArgs
            {
                QueueName = queue,
                Lease = token,
                MessageId = entry.Id,
                GroupId = entry.Group,
                DeliveryCount = entry.Deliveries,
            });
        }
    }

    /// <summary>Those since the last call; null for none.</summary>
    internal IReadOnlyList<LeaseExpiredEventArgs>? Take()
    {
        if (_expired.Count == 0)
        {
            return null;
        }

        List<LeaseExpiredEventArgs> taken = _expired;
        _expired = [];
        return taken;
    }
}
