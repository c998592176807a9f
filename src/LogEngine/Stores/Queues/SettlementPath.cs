using System.Runtime.CompilerServices;

namespace LogEngine.Stores.Queues;

/// <summary>The way of leases to their end.</summary>
internal sealed class SettlementPath(QueueParts parts, DeadLetterPath dead)
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<bool> AcknowledgeAsync(LeaseToken token, Durability durability)
    {
        Lease lease = parts.State.Settle(token);
        ValueTask<long> attempt;
        try
        {
            // The message before its attempt: the log keeps that order, and an attempt without a
            // message is swept by the next open. Two single records cost less than a batch.
            ValueTask<long> message = parts.Keyspaces.Messages.DeleteAsync(
                lease.Entry.Key, durability);
            attempt = parts.Keyspaces.Attempts.DeleteAsync(
                QueueEntry.IdKey(lease.Entry.Id), Durability.ProcessCrash);
            await message.ConfigureAwait(false);
        }
        catch
        {
            parts.State.Unsettle(lease);
            throw;
        }

        try
        {
            await attempt.ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageFullException or EngineFaultedException)
        {
            // The message is gone, which is what was asked for.
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
