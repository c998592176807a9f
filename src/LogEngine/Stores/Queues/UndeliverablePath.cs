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
    internal bool HasDeliveriesLeft(Lease lease) => parts.Options.MaxDeliveries == 0
        || lease.Entry.Deliveries < parts.Options.MaxDeliveries;

    /// <summary>
    /// Moves to the dead letters what has been delivered often enough; gives what was in the way.
    /// </summary>
    internal async ValueTask<Exception?> BuryAsync(List<Lease> taken)
    {
        Exception? trouble = null;
        foreach (Lease lease in taken.Where(lease => !HasDeliveriesLeft(lease)))
        {
            string reason =
                $"Delivered {lease.Entry.Deliveries} times; its lease expired or was lost.";
            trouble = await OrSetAsideAsync(
                lease, dead.MoveAsync(lease, reason, Durability.ProcessCrash))
                .ConfigureAwait(false) ?? trouble;
        }

        return trouble;
    }

    /// <summary>Deals with a message whose body was not there; gives what was in the way.</summary>
    internal ValueTask<Exception?> SortOutAsync(Lease lease, ReadBody read)
    {
        if (read.HasExpired)
        {
            return OrSetAsideAsync(lease, RemoveAsync(lease));
        }

        Exception error = read.Error!;
        return BodyReader.IsDamage(error)
            ? OrSetAsideAsync(
                lease, dead.MoveUnreadableAsync(lease, null, error, Durability.ProcessCrash))
            : new ValueTask<Exception?>(SetAside(lease, error));
    }

    private async ValueTask<Exception?> OrSetAsideAsync(Lease lease, ValueTask work)
    {
        try
        {
            await work.ConfigureAwait(false);
            return null;
        }
        catch (Exception error) when (error is StorageFullException or StorageIOException)
        {
            return SetAside(lease, error);
        }
    }

    private Exception SetAside(Lease lease, Exception error)
    {
        DateTimeOffset until = QueueClock.Later(parts.Now, parts.Options.LeaseDuration);
        parts.State.Settling.Return(lease, until.UtcTicks, refused: false);
        LogEvents.MessageSetAside(
            parts.Logger, parts.Name, lease.Entry.Id, until, error);
        return error;
    }

    private async ValueTask RemoveAsync(Lease expired)
    {
        WriteBatch batch = parts.Engine.CreateBatch();
        parts.Delete(batch, expired.Entry);
        await parts.Engine.CommitAsync(batch, Durability.ProcessCrash).ConfigureAwait(false);
        parts.State.Settling.Finish(expired, static count => count.Expired++);
    }
}
