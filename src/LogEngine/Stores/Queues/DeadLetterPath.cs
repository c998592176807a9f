using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>The way of messages to the dead letters.</summary>
internal sealed class DeadLetterPath(QueueParts parts)
{
    /// <summary>Moves a message whose lease is on its way; on failure the caller gives it back.</summary>
    /// <param name="lease">Its lease.</param>
    /// <param name="reason">Why it dies.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="delivery">Told that it is settled; null where nobody asks.</param>
    internal async ValueTask MoveAsync(
        Lease lease, string reason, Durability durability, QueueDelivery? delivery = null)
    {
        byte[] key = lease.Entry.Key;
        StoredValue? value;
        try
        {
            value = await parts.Keyspaces.Messages.GetAsync(key).ConfigureAwait(false);
        }
        catch (CorruptionException damage)
        {
            await MoveUnreadableAsync(lease, reason, damage, durability, delivery)
                .ConfigureAwait(false);
            return;
        }

        using (value)
        {
            if (value is not null)
            {
                await MoveAsync(lease, lease.Entry, reason, value.Memory, durability, delivery)
                    .ConfigureAwait(false);
                return;
            }
        }

        await parts.Keyspaces.Messages.DeleteAsync(key, durability).ConfigureAwait(false);
        delivery?.NoteSettled();
        parts.State.Settling.End(lease, MessageEnd.Expired);
    }

    /// <summary>
    /// Moves a message whose body is damaged, without it: nobody could ever receive it, and it would
    /// be tried for ever. Trying was a delivery, and counts.
    /// </summary>
    /// <param name="lease">Its lease, on its way.</param>
    /// <param name="reason">Why it dies; null where the damage is why.</param>
    /// <param name="damage">What was met.</param>
    /// <param name="durability">When it completes.</param>
    /// <param name="delivery">Told that it is settled; null where nobody asks.</param>
    internal async ValueTask MoveUnreadableAsync(
        Lease lease,
        string? reason,
        Exception damage,
        Durability durability,
        QueueDelivery? delivery = null)
    {
        QueueEntry entry = reason is null ? lease.Entry.Counted() : lease.Entry;
        string text = $"{(reason is null ? "" : reason + " ")}The body of message {entry.Id}, key "
            + $"{Convert.ToHexString(entry.Key)}, cannot be read: {damage.Message}";
        await MoveAsync(lease, entry, text, default, durability, delivery).ConfigureAwait(false);
        parts.State.CountUnreadable();
    }

    private async ValueTask MoveAsync(
        Lease lease,
        QueueEntry entry,
        string reason,
        ReadOnlyMemory<byte> body,
        Durability durability,
        QueueDelivery? delivery)
    {
        WriteBatch batch = parts.Engine.CreateBatch();
        parts.Delete(batch, lease.Entry);
        batch.Put(
            parts.Keyspaces.Dead,
            QueueEntry.IdKey(entry.Id),
            DeadLetterCodec.Encode(entry, reason, parts.Now.UtcTicks, body.Span));
        await parts.Engine.CommitAsync(batch, durability).ConfigureAwait(false);
        delivery?.NoteSettled();
        parts.State.Settling.End(lease, MessageEnd.DeadLettered);
        LogEvents.MessageDied(parts.Logger, parts.Name, entry.Id, entry.Deliveries, reason);
    }
}
