namespace LogEngine.Stores.Queues;

/// <summary>Counts deliveries in the log.</summary>
internal sealed class AttemptLog(QueueParts parts)
{
    /// <summary>
    /// Logs the deliveries before anybody has the messages; written, not synced, so that one which
    /// kills this process is known to have been delivered. On a full disk they are delivered all the
    /// same, or nothing could be taken out of it; then memory alone counts.
    /// </summary>
    internal async ValueTask CountAsync(List<Lease> leases)
    {
        if (leases.Count == 1)
        {
            await CountAsync(leases[0]).ConfigureAwait(false);
        }
        else if (leases.Count > 1)
        {
            WriteBatch batch = parts.Engine.CreateBatch();
            foreach (Lease lease in leases)
            {
                QueueEntry counted = lease.Entry.Counted();
                batch.Put(
                    parts.Keyspaces.Attempts,
                    QueueEntry.IdKey(counted.Id),
                    AttemptCodec.Encode(counted, counted.Deliveries, 0));
            }

            try
            {
                await parts.Engine.CommitAsync(batch, Durability.ProcessCrash)
                    .ConfigureAwait(false);
            }
            catch (StorageFullException)
            {
                // Not counted in the log.
            }
        }
    }

    /// <inheritdoc cref="CountAsync(List{Lease})"/>
    internal async ValueTask CountAsync(Lease lease)
    {
        QueueEntry counted = lease.Entry.Counted();
        try
        {
            await parts.Keyspaces.Attempts.PutAsync(
                QueueEntry.IdKey(counted.Id),
                AttemptCodec.Encode(counted, counted.Deliveries, 0),
                Durability.ProcessCrash).ConfigureAwait(false);
        }
        catch (StorageFullException)
        {
            // Not counted in the log.
        }
    }
}
