using System.Runtime.CompilerServices;
using LogEngine.Awaiting;

namespace LogEngine.Stores.Queues;

/// <summary>The way of messages out to a receiver.</summary>
/// <remarks>
/// No one message stops the others: one that is damaged goes to the dead letters, one that cannot be
/// read now, or for whose end there is no space, is set aside for a lease's time.
/// </remarks>
internal sealed class DeliveryPath(QueueParts parts, DurableQueue queue, DeadLetterPath dead)
{
    private readonly BodyReader _bodies = new(parts);
    private readonly AttemptLog _attempts = new(parts);
    private readonly UndeliverablePath _undeliverable = new(parts, dead);

    /// <summary>Receives, waiting for at least one message as long as it is told.</summary>
    internal async ValueTask<IReadOnlyList<QueueDelivery>> ReceiveAsync(
        int most, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WaitTime left = new(wait, parts.Engine.TimeProvider);
        Exception? trouble = null;
        while (true)
        {
            List<Lease> taken = parts.State.Handout.Take(
                parts.User, most, left.IsLeft, out LinkedListNode<TaskCompletionSource>? waiter);
            if (taken.Count > 0)
            {
                Delivered delivered = await DeliverAsync(taken, lease).ConfigureAwait(false);
                if (delivered.Messages.Count > 0)
                {
                    return delivered.Messages;
                }

                trouble = delivered.Trouble ?? trouble;
            }
            else if (waiter is not null)
            {
                await WaitAsync(waiter, left, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                return trouble is null ? [] : throw trouble;
            }
        }
    }

    /// <summary>As the other for one message: the way of most, without a list.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<QueueDelivery?> ReceiveOneAsync(
        TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WaitTime left = new(wait, parts.Engine.TimeProvider);
        Exception? trouble = null;
        while (true)
        {
            Lease? taken = parts.State.Handout.TakeOne(
                parts.User, left.IsLeft, out LinkedListNode<TaskCompletionSource>? waiter);
            if (taken is not null)
            {
                Delivered delivered = await DeliverOneAsync(taken, lease).ConfigureAwait(false);
                if (delivered.One is { } delivery)
                {
                    return delivery;
                }

                trouble = delivered.Trouble ?? trouble;
            }
            else if (waiter is not null)
            {
                await WaitAsync(waiter, left, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                return trouble is null ? null : throw trouble;
            }
        }
    }

    /// <summary>The next messages with their bodies, without taking them.</summary>
    internal async ValueTask<IReadOnlyList<PeekedMessage>> PeekAsync(
        int most, CancellationToken cancellationToken)
    {
        List<PeekedMessage> found = [];
        foreach (QueueEntry entry in parts.State.Handout.Peek(parts.User, most))
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadBody read = await _bodies.ReadAsync(entry).ConfigureAwait(false);
            if (!read.HasExpired)
            {
                found.Add(new PeekedMessage
                {
                    Id = entry.Id,
                    Lane = entry.Lane,
                    GroupId = entry.Group,
                    Body = read.Message.Body,
                    Headers = read.Message.Headers,
                    EnqueuedAt = read.Message.EnqueuedAt,
                    DeliveryCount = entry.Deliveries,
                    Unreadable = read.Error?.Message,
                });
            }
        }

        return found;
    }

    /// <summary>
    /// Waits in line. Whoever was woken looks once more, even if cancelled meanwhile: a wake-up is
    /// for a message, and somebody must look for it. Whoever leaves has left the line.
    /// </summary>
    private async ValueTask WaitAsync(
        LinkedListNode<TaskCompletionSource> waiter,
        WaitTime left,
        CancellationToken cancellationToken)
    {
        try
        {
            await left.WaitAsync(waiter.Value.Task, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Woken or not, it looks once more.
            parts.State.Handout.Leave(waiter);
        }
        catch
        {
            bool wasWoken = !parts.State.Handout.Leave(waiter);
            if (wasWoken)
            {
                parts.State.Handout.PassOn();
            }

            throw;
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<Delivered> DeliverOneAsync(Lease lease, TimeSpan duration)
    {
        if (!_undeliverable.HasDeliveriesLeft(lease))
        {
            return await DeliverAsync([lease], duration).ConfigureAwait(false);
        }

        try
        {
            ReadBody read = await _bodies.ReadAsync(lease.Entry).ConfigureAwait(false);
            if (read.IsWhole)
            {
                await _attempts.CountAsync(lease).ConfigureAwait(false);
                return new Delivered(Activate(lease, duration, read.Message));
            }
        }
        catch
        {
            GiveBack([lease]);
            throw;
        }

        // A second look, and what follows from it.
        return await DeliverAsync([lease], duration).ConfigureAwait(false);
    }

    private async ValueTask<Delivered> DeliverAsync(List<Lease> taken, TimeSpan duration)
    {
        try
        {
            List<Lease> fresh = [.. taken.Where(_undeliverable.HasDeliveriesLeft)];
            Exception? trouble = await _undeliverable.BuryAsync(taken).ConfigureAwait(false);
            IReadOnlyList<ReadBody> read = await _bodies.ReadAsync(
                [.. fresh.Select(lease => lease.Entry)]).ConfigureAwait(false);
            List<(Lease Lease, StoredMessage Message)> whole = new(fresh.Count);
            for (int i = 0; i < fresh.Count; i++)
            {
                if (read[i].IsWhole)
                {
                    whole.Add((fresh[i], read[i].Message));
                }
                else
                {
                    trouble = await _undeliverable.SortOutAsync(fresh[i], read[i])
                        .ConfigureAwait(false) ?? trouble;
                }
            }

            await _attempts.CountAsync(whole.ConvertAll(w => w.Lease)).ConfigureAwait(false);
            List<QueueDelivery> delivered = new(whole.Count);
            foreach ((Lease lease, StoredMessage message) in whole)
            {
                if (Activate(lease, duration, message) is { } delivery)
                {
                    delivered.Add(delivery);
                }
            }

            return new Delivered(delivered, trouble);
        }
        catch
        {
            GiveBack(taken);
            throw;
        }
    }

    /// <summary>Null where a purge took the message meanwhile.</summary>
    private QueueDelivery? Activate(Lease lease, TimeSpan duration, in StoredMessage message)
    {
        if (parts.State.Handout.Activate(lease, duration) is not { } token)
        {
            return null;
        }

        QueueMetrics.Delivered(
            parts.Name, message.EnqueuedAt, parts.Engine.TimeProvider, parts.Logger);
        return new QueueDelivery(queue, token, lease.Entry, message);
    }

    /// <summary>
    /// Nobody has them: they go back to their places. What has been counted in the log and did not
    /// happen counts for whoever opens the queue next, not here.
    /// </summary>
    private void GiveBack(List<Lease> taken)
    {
        foreach (Lease lease in taken.Where(l => l.State == LeaseState.Delivering))
        {
            parts.State.Settling.Return(lease, 0, refused: false);
        }
    }

    /// <summary>What came of messages that were taken.</summary>
    /// <param name="Messages">Those that are leased now.</param>
    /// <param name="Trouble">Why one of the others was set aside; null where none was.</param>
    private readonly record struct Delivered(
        IReadOnlyList<QueueDelivery> Messages, Exception? Trouble)
    {
        internal Delivered(QueueDelivery? one)
            : this([], null) => Single = one;

        private QueueDelivery? Single { get; }

        /// <summary>The message, where it was one.</summary>
        internal QueueDelivery? One => Single ?? (Messages.Count > 0 ? Messages[0] : null);
    }
}
