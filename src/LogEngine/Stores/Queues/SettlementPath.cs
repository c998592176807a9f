namespace LogEngine.Stores.Queues;

/// <summary>The way of leases to their end.</summary>
internal sealed class SettlementPath(QueueParts parts, DeadLetterPath dead)
{
    internal async ValueTask<bool> AcknowledgeAsync(LeaseToken token, Durability durability)
    {
        Lease lease = parts.State.Settle(token);
        try
        {
            WriteBatch batch = parts.Engine.CreateBatch();
            parts.Delete(batch, lease.Entry);
            await parts.Engine.CommitAsync(batch, durability).ConfigureAwait(false);
        }
        catch
        {
            parts.State.Unsettle(lease);
            throw;
        }

        parts.State.Finish(lease, static count => count.Acknowledged++);
        return true;
    }

    internal async ValueTask<bool> RefuseAsync(
        LeaseToken token, TimeSpan delay, string? reason, Durability durability)
    {
        Lease lease = parts.State.Settle(token);
        try
        {
            QueueEntry entry = lease.Entry;
            if (parts.Options.MaxDeliveries > 0 && entry.Deliveries >= parts.Options.MaxDeliveries)
            {
                await dead.MoveAsync(
                    lease, reason ?? $"Delivered {entry.Deliveries} times.", durability)
                    .ConfigureAwait(false);
                return true;
            }

            long notBefore = 0;
            if (delay > TimeSpan.Zero)
            {
                notBefore = (parts.Now + delay).UtcTicks;
                await parts.Keyspaces.Attempts.PutAsync(
                    QueueEntry.IdKey(entry.Id),
                    AttemptCodec.Encode(entry, entry.Deliveries, notBefore),
                    durability).ConfigureAwait(false);
            }

            parts.State.Return(lease, notBefore, refused: true);
            return true;
        }
        catch
        {
            parts.State.Unsettle(lease);
            throw;
        }
    }

    internal async ValueTask<bool> DeadLetterAsync(
        LeaseToken token, string reason, Durability durability)
    {
        Lease lease = parts.State.Settle(token);
        try
        {
            await dead.MoveAsync(lease, reason, durability).ConfigureAwait(false);
            return true;
        }
        catch
        {
            parts.State.Unsettle(lease);
            throw;
        }
    }
}
