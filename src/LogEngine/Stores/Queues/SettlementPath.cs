using System.Runtime.CompilerServices;
using LogEngine.Awaiting;

namespace LogEngine.Stores.Queues;

/// <summary>
/// The way of leases to their end. A delivery is noted as settled before its lease ends: a lease that
/// has ended without that is lost.
/// </summary>
internal sealed class SettlementPath(QueueParts parts, DeadLetterPath dead)
{
    /// <param name="token">The lease.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="delivery">Told that it is settled; null where nobody asks.</param>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    internal async ValueTask AcknowledgeAsync(
        LeaseToken token, Durability durability, QueueDelivery? delivery)
    {
        Lease lease = parts.State.Settling.Settle(parts.User, token);
        try
        {
            await parts.Keyspaces.Messages.DeleteAsync(lease.Entry.Key, durability)
                .ConfigureAwait(false);
        }
        catch
        {
            parts.State.Settling.Unsettle(lease);
            throw;
        }

        // Behind the message: one without the other is swept by the next open. Before the queue may
        // count as drained: closing removes what has been added by then.
        parts.Settled.Add(lease.Entry.Id);
        delivery?.NoteSettled();
        parts.State.Settling.Finish(lease, static count => count.Acknowledged++);
    }

    internal async ValueTask RefuseAsync(
        LeaseToken token,
        TimeSpan delay,
        string? reason,
        Durability durability,
        QueueDelivery? delivery)
    {
        Lease lease = parts.State.Settling.Settle(parts.User, token);
        try
        {
            QueueEntry entry = lease.Entry;
            if (parts.Options.MaxDeliveries > 0 && entry.Deliveries >= parts.Options.MaxDeliveries)
            {
                await dead.MoveAsync(
                    lease, reason ?? $"Delivered {entry.Deliveries} times.", durability, delivery)
                    .ConfigureAwait(false);
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

            delivery?.NoteSettled();
            parts.State.Settling.Return(lease, notBefore, refused: true);
        }
        catch
        {
            parts.State.Settling.Unsettle(lease);
            throw;
        }
    }

    internal async ValueTask DeadLetterAsync(
        LeaseToken token, string reason, Durability durability, QueueDelivery? delivery)
    {
        Lease lease = parts.State.Settling.Settle(parts.User, token);
        try
        {
            await dead.MoveAsync(lease, reason, durability, delivery).ConfigureAwait(false);
        }
        catch
        {
            parts.State.Settling.Unsettle(lease);
            throw;
        }
    }
}
