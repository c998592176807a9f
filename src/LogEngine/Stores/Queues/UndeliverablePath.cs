using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Stores.Shared;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>
/// What becomes of messages that are taken to be delivered and cannot be: too often delivered, expired,
/// damaged, out of reach.
/// </summary>
/// <remarks>
/// What is in the way of one is told and stops no other: it is set aside for a lease's time.
/// </remarks>
internal sealed class UndeliverablePath(QueueParts parts, DeadLetterPath dead)
{
    /// <summary>Moves to the dead letters what has been delivered often enough; keeps the others.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    internal async ValueTask DeadLetterSpentAsync(Handover handover)
    {
        List<Lease> leases = handover.Leases;
        int kept = 0;
        for (int i = 0; i < leases.Count; i++)
        {
            Lease lease = leases[i];
            if (HasDeliveriesLeft(lease.Entry))
            {
                leases[kept++] = lease;
                continue;
            }

            string reason =
                $"Delivered {lease.Entry.Deliveries} times; its lease expired or was lost.";
            await OrSetAsideAsync(
                handover, lease, dead.MoveAsync(lease, reason, Durability.ProcessCrash))
                .ConfigureAwait(false);
        }

        leases.RemoveRange(kept, leases.Count - kept);
    }

    /// <summary>Deals with messages whose bodies were not there; keeps the others.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    internal async ValueTask SortOutAsync(Handover handover)
    {
        (List<Lease> leases, List<ReadBody> bodies) = (handover.Leases, handover.Bodies);
        int kept = 0;
        for (int i = 0; i < leases.Count; i++)
        {
            if (bodies[i].IsWhole)
            {
                (leases[kept], bodies[kept]) = (leases[i], bodies[i]);
                kept++;
            }
            else
            {
                await SortOutAsync(handover, leases[i], bodies[i]).ConfigureAwait(false);
            }
        }

        leases.RemoveRange(kept, leases.Count - kept);
        bodies.RemoveRange(kept, bodies.Count - kept);
    }

    private bool HasDeliveriesLeft(in QueueEntry entry) =>
        parts.Options.MaxDeliveries == 0 || entry.Deliveries < parts.Options.MaxDeliveries;

    private async ValueTask SortOutAsync(Handover handover, Lease lease, ReadBody read)
    {
        if (read.HasExpired)
        {
            await OrSetAsideAsync(handover, lease, RemoveAsync(lease)).ConfigureAwait(false);
        }
        else if (Unreadable.IsDamage(read.Error!))
        {
            await OrSetAsideAsync(
                handover,
                lease,
                dead.MoveUnreadableAsync(lease, null, read.Error!, Durability.ProcessCrash))
                .ConfigureAwait(false);
        }
        else
        {
            SetAside(handover, lease, read.Error!);
        }
    }

    private async ValueTask OrSetAsideAsync(Handover handover, Lease lease, ValueTask work)
    {
        try
        {
            await work.ConfigureAwait(false);
        }
        catch (Exception error) when (error is StorageFullException or StorageIOException)
        {
            SetAside(handover, lease, error);
        }
    }

    private void SetAside(Handover handover, Lease lease, Exception error)
    {
        DateTimeOffset until = Calendar.Later(parts.Now, parts.Options.LeaseDuration);
        parts.State.Settling.Return(lease, until.UtcTicks);
        LogEvents.MessageSetAside(
            parts.Logger, parts.Name, lease.Entry.Id, until, error);
        handover.Trouble = error;
    }

    private async ValueTask RemoveAsync(Lease expired)
    {
        await parts.Keyspaces.Messages.DeleteAsync(expired.Entry.Key, Durability.ProcessCrash)
            .ConfigureAwait(false);
        parts.State.Settling.End(expired, MessageEnd.Expired);
    }
}
