using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// The way of leases to their end: acknowledged, negatively acknowledged, dead-lettered. A delivery is
/// noted as settled before its lease ends: a lease that has ended without that is lost.
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
        Lease lease = parts.State.Settling.Begin(parts.User, token);
        KeyBuffer key = KeyBuffer.Of(lease.Entry);
        try
        {
            await parts.Keyspaces.Messages.DeleteAsync(key.Key, durability).ConfigureAwait(false);
        }
        catch
        {
            parts.State.Settling.Cancel(lease);
            throw;
        }
        finally
        {
            key.Release();
        }

        delivery?.NoteSettled();
        parts.State.Settling.End(lease, MessageEnd.Acknowledged);
    }

    internal async ValueTask NegativeAcknowledgeAsync(
        LeaseToken token,
        TimeSpan delay,
        string? reason,
        Durability durability,
        QueueDelivery? delivery)
    {
        Lease lease = parts.State.Settling.Begin(parts.User, token);
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
                notBefore = Calendar.Later(parts.Now, delay).UtcTicks;
                await parts.State.Attempts.DelayAsync(entry, notBefore, durability)
                    .ConfigureAwait(false);
            }

            delivery?.NoteSettled();
            parts.State.Settling.NegativelyAcknowledged(lease, notBefore);
        }
        catch
        {
            parts.State.Settling.Cancel(lease);
            throw;
        }
    }

    internal async ValueTask DeadLetterAsync(
        LeaseToken token, string reason, Durability durability, QueueDelivery? delivery)
    {
        Lease lease = parts.State.Settling.Begin(parts.User, token);
        try
        {
            await dead.MoveAsync(lease, reason, durability, delivery).ConfigureAwait(false);
        }
        catch
        {
            parts.State.Settling.Cancel(lease);
            throw;
        }
    }
}
