using System.Runtime.CompilerServices;
using LogEngine.Awaiting;
using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>The way of messages out to a receiver.</summary>
/// <remarks>
/// No one message stops the others: one that is damaged goes to the dead letters, one that cannot be
/// read now, or for whose end there is no space, is set aside for a lease's time.
/// </remarks>
internal sealed class DeliveryPath(QueueParts parts, DurableQueue queue, DeadLetterPath dead)
{
    private readonly BodyReader _bodies = new(parts);
    private readonly UndeliverablePath _undeliverable = new(parts, dead);

    /// <summary>Receives, waiting for at least one message as long as it is told.</summary>
    internal async ValueTask<IReadOnlyList<QueueDelivery>> ReceiveAsync(
        int most, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        Handover handover = Handover.Rent();
        await ReceiveAsync(handover, most, lease, wait, cancellationToken).ConfigureAwait(false);
        return handover.TakeAll();
    }

    /// <summary>The same for one message: null where there was none.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    internal async ValueTask<QueueDelivery?> ReceiveOneAsync(
        TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        Handover handover = Handover.Rent();
        await ReceiveAsync(handover, 1, lease, wait, cancellationToken).ConfigureAwait(false);
        return handover.TakeOne();
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

    /// <summary>When the oldest ready message was enqueued; its body is read for that.</summary>
    internal async ValueTask<DateTimeOffset?> GetOldestReadyAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (parts.State.Handout.PeekOldest(parts.User) is not { } oldest)
        {
            return null;
        }

        ReadBody read = await _bodies.ReadAsync(oldest).ConfigureAwait(false);
        return read.IsWhole && !read.HasExpired ? read.Message.EnqueuedAt : null;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask ReceiveAsync(
        Handover into, int most, TimeSpan lease, TimeSpan wait, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        WaitTime left = new(wait, parts.Engine.TimeProvider);
        while (true)
        {
            parts.State.Handout.Take(parts.User, into.Leases, most, left.IsLeft, out Waiter? waiter);
            if (into.Leases.Count > 0)
            {
                await DeliverAsync(into, lease).ConfigureAwait(false);
                if (into.Delivered.Count > 0)
                {
                    return;
                }
            }
            else if (waiter is not null)
            {
                await WaitAsync(waiter, left, cancellationToken).ConfigureAwait(false);
            }
            else if (into.Trouble is null)
            {
                return;
            }
            else
            {
                throw into.Trouble;
            }
        }
    }

    /// <summary>
    /// Waits in line. Whoever was woken looks once more, even if cancelled meanwhile: a wake-up is
    /// for a message, and somebody must look for it. Whoever leaves has left the line.
    /// </summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask WaitAsync(
        Waiter waiter, WaitTime left, CancellationToken cancellationToken)
    {
        try
        {
            await left.WaitAsync(waiter.Task, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Brings what was taken to the receiver; what cannot be delivered goes its own way.</summary>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask DeliverAsync(Handover handover, TimeSpan duration)
    {
        try
        {
            await _undeliverable.DeadLetterSpentAsync(handover).ConfigureAwait(false);
            await _bodies.ReadAsync(handover.Leases, handover.Bodies).ConfigureAwait(false);
            await _undeliverable.SortOutAsync(handover).ConfigureAwait(false);
            await parts.State.Attempts.CountAsync(handover.Leases).ConfigureAwait(false);
        }
        catch
        {
            GiveBack(handover.Leases);
            throw;
        }

        parts.State.Handout.Activate(handover, duration);
        for (int i = 0; i < handover.Leases.Count; i++)
        {
            Lease lease = handover.Leases[i];
            StoredMessage message = handover.Bodies[i].Message;
            QueueMetrics.Delivered(
                parts.Name, message.EnqueuedAt, parts.Engine.TimeProvider, parts.Logger);
            handover.Delivered.Add(new QueueDelivery(
                queue, parts.State.Handout.TokenOf(lease), lease.Entry, message));
        }

        handover.Leases.Clear();
        handover.Bodies.Clear();
    }

    /// <summary>
    /// Nobody has them: they go back to their places. What has been counted in the log and did not
    /// happen counts for whoever opens the queue next, not here.
    /// </summary>
    private void GiveBack(List<Lease> taken)
    {
        foreach (Lease lease in taken)
        {
            if (lease.State == LeaseState.Delivering)
            {
                parts.State.Settling.Return(lease, 0);
            }
        }
    }
}
