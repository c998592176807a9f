using System.Runtime.CompilerServices;
using LogEngine.Awaiting;

namespace LogEngine.Stores.Queues;

/// <summary>The way of messages out to a receiver.</summary>
internal sealed class DeliveryPath(QueueParts parts, DurableQueue queue, DeadLetterPath dead)
{
    /// <summary>Receives, waiting for at least one message as long as it is told.</summary>
    internal async ValueTask<IReadOnlyList<QueueDelivery>> ReceiveAsync(
        int most, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        TimeProvider time = parts.Engine.TimeProvider;
        bool forEver = wait == Timeout.InfiniteTimeSpan;
        long started = wait == TimeSpan.Zero ? 0 : time.GetTimestamp();
        TimeSpan left = wait;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<Lease> taken = parts.State.Take(
                most, forEver || left > TimeSpan.Zero, out LinkedListNode<TaskCompletionSource>? waiter);
            if (taken.Count > 0)
            {
                IReadOnlyList<QueueDelivery> delivered =
                    await DeliverAsync(taken, lease).ConfigureAwait(false);
                if (delivered.Count > 0)
                {
                    return delivered;
                }

                continue;
            }

            if (waiter is null)
            {
                return [];
            }

            await WaitAsync(waiter, left, time, cancellationToken).ConfigureAwait(false);
            left = forEver ? wait : wait - time.GetElapsedTime(started);
        }
    }

    /// <summary>As the other for one message: the way of most, without a list.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<QueueDelivery?> ReceiveOneAsync(
        TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        TimeProvider time = parts.Engine.TimeProvider;
        bool forEver = wait == Timeout.InfiniteTimeSpan;
        long started = wait == TimeSpan.Zero ? 0 : time.GetTimestamp();
        TimeSpan left = wait;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Lease? taken = parts.State.TakeOne(
                forEver || left > TimeSpan.Zero, out LinkedListNode<TaskCompletionSource>? waiter);
            if (taken is not null)
            {
                if (await DeliverOneAsync(taken, lease).ConfigureAwait(false) is { } delivery)
                {
                    return delivery;
                }

                continue;
            }

            if (waiter is null)
            {
                return null;
            }

            await WaitAsync(waiter, left, time, cancellationToken).ConfigureAwait(false);
            left = forEver ? wait : wait - time.GetElapsedTime(started);
        }
    }

    /// <summary>The next messages with their bodies, without taking them.</summary>
    internal async ValueTask<IReadOnlyList<PeekedMessage>> PeekAsync(
        int most, CancellationToken cancellationToken)
    {
        List<QueueEntry> entries = parts.State.Peek(most);
        List<PeekedMessage> found = [];
        foreach (QueueEntry entry in entries)
        {
            using StoredValue? value = await parts.Keyspaces.Messages.GetAsync(
                entry.Key, cancellationToken).ConfigureAwait(false);
            if (value is not null)
            {
                StoredMessage message = MessageCodec.Read(
                    value.Memory.ToArray(), parts.Name, entry.Id);
                found.Add(new PeekedMessage(
                    entry.Id,
                    entry.Lane,
                    message.Body,
                    message.Headers,
                    message.EnqueuedAt,
                    entry.Deliveries));
            }
        }

        return found;
    }

    private async ValueTask WaitAsync(
        LinkedListNode<TaskCompletionSource> waiter,
        TimeSpan left,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        try
        {
            await waiter.Value.Task.WaitAsync(left, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Woken or not, it looks once more.
            parts.State.Leave(waiter);
        }
        catch (OperationCanceledException)
        {
            if (!parts.State.Leave(waiter))
            {
                parts.State.PassOn();
            }

            throw;
        }
    }

    /// <summary>Null where the message went elsewhere: to the dead letters, or it had expired.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<QueueDelivery?> DeliverOneAsync(Lease lease, TimeSpan duration)
    {
        if (IsTired(lease))
        {
            IReadOnlyList<QueueDelivery> none =
                await DeliverAsync([lease], duration).ConfigureAwait(false);
            return none.Count == 0 ? null : none[0];
        }

        try
        {
            byte[] value;
            using (StoredValue? stored = await parts.Keyspaces.Messages
                .GetAsync(lease.Entry.Key).ConfigureAwait(false))
            {
                if (stored is null)
                {
                    await RemoveAsync([lease]).ConfigureAwait(false);
                    return null;
                }

                value = stored.Memory.ToArray();
            }

            StoredMessage message = MessageCodec.Read(value, parts.Name, lease.Entry.Id);
            await CountOneAsync(lease).ConfigureAwait(false);
            return Activate(lease, duration, message);
        }
        catch (Exception error)
        {
            GiveBack([lease], error);
            throw;
        }
    }

    /// <summary>Null where a purge took the message meanwhile.</summary>
    private QueueDelivery? Activate(Lease lease, TimeSpan duration, in StoredMessage message)
    {
        if (parts.State.Activate(lease, duration) is not { } token)
        {
            return null;
        }

        QueueMetrics.Delivered(parts.Name, message.EnqueuedAt, parts.Engine.TimeProvider);
        return new QueueDelivery(queue, token, lease.Entry, message);
    }

    private bool IsTired(Lease lease) => parts.Options.MaxDeliveries > 0
        && lease.Entry.Deliveries >= parts.Options.MaxDeliveries;

    private void GiveBack(List<Lease> taken, Exception error)
    {
        // A message that cannot be read must not stand in the way of the others.
        long notBefore = error is CorruptionException or InvalidDataException
            ? (parts.Now + parts.Options.LeaseDuration).UtcTicks
            : 0;
        foreach (Lease lease in taken.Where(l => l.State == LeaseState.Delivering))
        {
            parts.State.Return(lease, notBefore, refused: false);
        }
    }

    private async ValueTask<IReadOnlyList<QueueDelivery>> DeliverAsync(
        List<Lease> taken, TimeSpan duration)
    {
        try
        {
            List<Lease> fresh = await BuryAsync(taken).ConfigureAwait(false);
            List<(Lease Lease, byte[] Value)> found = await ReadAsync(fresh).ConfigureAwait(false);
            List<(Lease Lease, StoredMessage Message)> messages =
                [.. found.Select(f => (f.Lease,
                    MessageCodec.Read(f.Value, parts.Name, f.Lease.Entry.Id)))];
            await CountAsync(messages).ConfigureAwait(false);
            List<QueueDelivery> delivered = new(messages.Count);
            foreach ((Lease lease, StoredMessage message) in messages)
            {
                if (Activate(lease, duration, message) is { } delivery)
                {
                    delivered.Add(delivery);
                }
            }

            return delivered;
        }
        catch (Exception error)
        {
            GiveBack(taken, error);
            throw;
        }
    }

    /// <summary>Moves to the dead letters what has been delivered often enough.</summary>
    private async ValueTask<List<Lease>> BuryAsync(List<Lease> taken)
    {
        if (!taken.Exists(IsTired))
        {
            return taken;
        }

        foreach (Lease tired in taken.Where(IsTired))
        {
            await dead.MoveAsync(
                tired, $"Delivered {tired.Entry.Deliveries} times; its lease expired or was lost.",
                Durability.ProcessCrash).ConfigureAwait(false);
        }

        return [.. taken.Where(l => !IsTired(l))];
    }

    /// <summary>Reads the bodies; what has expired is removed.</summary>
    private async ValueTask<List<(Lease Lease, byte[] Value)>> ReadAsync(List<Lease> leases)
    {
        List<(Lease, byte[])> found = new(leases.Count);
        List<Lease> expired = [];
        StoredValue?[] values = leases.Count == 1
            ? [await parts.Keyspaces.Messages.GetAsync(leases[0].Entry.Key).ConfigureAwait(false)]
            : leases.Count == 0
                ? []
                : await parts.Keyspaces.Messages.GetManyAsync(
                    [.. leases.Select(l => (ReadOnlyMemory<byte>)l.Entry.Key)])
                    .ConfigureAwait(false);
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] is { } value)
            {
                using (value)
                {
                    found.Add((leases[i], value.Memory.ToArray()));
                }
            }
            else
            {
                expired.Add(leases[i]);
            }
        }

        if (expired.Count > 0)
        {
            await RemoveAsync(expired).ConfigureAwait(false);
        }

        return found;
    }

    private async ValueTask RemoveAsync(List<Lease> expired)
    {
        WriteBatch batch = parts.Engine.CreateBatch();
        expired.ForEach(lease => parts.Delete(batch, lease.Entry));
        await parts.Engine.CommitAsync(batch, Durability.ProcessCrash).ConfigureAwait(false);
        expired.ForEach(lease => parts.State.Finish(lease, static count => count.Expired++));
    }

    /// <summary>
    /// Logs the deliveries before anybody has the messages; written, not synced, so that one which
    /// kills this process is known to have been delivered.
    /// </summary>
    private async ValueTask CountAsync(List<(Lease Lease, StoredMessage Message)> messages)
    {
        if (messages.Count == 1)
        {
            await CountOneAsync(messages[0].Lease).ConfigureAwait(false);
        }
        else if (messages.Count > 1)
        {
            messages.ForEach(m => m.Lease.CountDelivery());
            WriteBatch batch = parts.Engine.CreateBatch();
            foreach ((Lease lease, _) in messages)
            {
                batch.Put(
                    parts.Keyspaces.Attempts,
                    QueueEntry.IdKey(lease.Entry.Id),
                    AttemptCodec.Encode(lease.Entry, lease.Entry.Deliveries, 0));
            }

            await parts.Engine.CommitAsync(batch, Durability.ProcessCrash).ConfigureAwait(false);
        }
    }

    private ValueTask<long> CountOneAsync(Lease lease)
    {
        lease.CountDelivery();
        QueueEntry entry = lease.Entry;
        return parts.Keyspaces.Attempts.PutAsync(
            QueueEntry.IdKey(entry.Id),
            AttemptCodec.Encode(entry, entry.Deliveries, 0),
            Durability.ProcessCrash);
    }
}
