using System.Runtime.CompilerServices;
using LogEngine.Awaiting;

namespace LogEngine.Stores.Queues;

/// <summary>The way of leases to their end.</summary>
internal sealed class SettlementPath(QueueParts parts, DeadLetterPath dead)
{
    /// <param name="token">The lease.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="delivery">Told that it is settled; null where nobody asks.</param>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    internal async ValueTask AcknowledgeAsync(
        LeaseToken token, Durability durability, QueueDelivery? delivery)
    {
        Lease lease = parts.State.Settle(token);
        try
        {
            await parts.Keyspaces.Messages.DeleteAsync(lease.Entry.Key, durability)
                .ConfigureAwait(false);
        }
        catch
        {
            parts.State.Unsettle(lease);
            throw;
        }

        // Behind the message: one without the other is swept by the next open. Before the queue may
        // count as drained: closing removes what has been added by then.
        parts.Settled.Add(lease.Entry.Id);
        parts.State.Finish(lease, static count => count.Acknowledged++);
        delivery?.NoteSettled();
    }

    internal async ValueTask RefuseAsync(
        LeaseToken token,
        TimeSpan delay,
        string? reason,
        Durability durability,
        QueueDelivery? delivery)
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
                delivery?.NoteSettled();
                return;
            }

            long notBefore = 0;
            if (delay > TimeSpan.Zero)
            {
                notBefore = QueueClock.Later(parts.Now, delay).UtcTicks;
                await parts.Keyspaces.Attempts.PutAsync(
                    QueueEntry.IdKey(entry.Id),
                    AttemptCodec.Encode(entry, entry.Deliveries, notBefore),
                    durability).ConfigureAwait(false);
            }

            parts.State.Return(lease, notBefore, refused: true);
            delivery?.NoteSettled();
        }
        catch
        {
            parts.State.Unsettle(lease);
            throw;
        }
    }

    internal async ValueTask DeadLetterAsync(
        LeaseToken token, string reason, Durability durability, QueueDelivery? delivery)
    {
        Lease lease = parts.State.Settle(token);
        try
        {
            await dead.MoveAsync(lease, reason, durability).ConfigureAwait(false);
            delivery?.NoteSettled();
        }
        catch
        {
            parts.State.Unsettle(lease);
            throw;
        }
    }
}
