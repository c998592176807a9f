using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>A message that was received and is leased; its bytes are its own.</summary>
/// <remarks>
/// Settle it before the lease expires: acknowledge, refuse, or send to the dead letters. Thread-safe.
/// </remarks>
public sealed class QueueDelivery
{
    private readonly DurableQueue _queue;
    private volatile bool _settled;

    internal QueueDelivery(
        DurableQueue queue, LeaseToken lease, in QueueEntry entry, in StoredMessage message)
    {
        _queue = queue;
        Lease = lease;
        Id = entry.Id;
        Lane = entry.Lane;
        GroupId = entry.Group;
        DeliveryCount = entry.Deliveries;
        Body = message.Body;
        Headers = message.Headers;
        EnqueuedAt = message.EnqueuedAt;
    }

    /// <summary>For engines: a message that has just been leased.</summary>
    /// <param name="queue">Its queue.</param>
    /// <param name="lease">Its lease.</param>
    /// <param name="message">The message; its deliveries include this one.</param>
    public QueueDelivery(DurableQueue queue, LeaseToken lease, PeekedMessage message)
    {
        ArgumentNullException.ThrowIfNull(queue);
        ArgumentNullException.ThrowIfNull(message);
        _queue = queue;
        Lease = lease;
        Id = message.Id;
        Lane = message.Lane;
        GroupId = message.GroupId;
        DeliveryCount = message.DeliveryCount;
        Body = message.Body;
        Headers = message.Headers;
        EnqueuedAt = message.EnqueuedAt;
    }

    /// <summary>The message's id.</summary>
    public long Id { get; }

    /// <summary>Its lane.</summary>
    public int Lane { get; }

    /// <summary>Its group; null for none.</summary>
    public string? GroupId { get; }

    /// <summary>How often it has been delivered, this time included.</summary>
    public int DeliveryCount { get; }

    /// <summary>Names this delivery.</summary>
    public LeaseToken Lease { get; }

    /// <summary>
    /// The body: a part of the memory that the message was read into, which is its own and stays as it is for
    /// as long as somebody has it.
    /// </summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The headers; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    /// <summary>When it was enqueued, on the wall clock.</summary>
    public DateTimeOffset EnqueuedAt { get; }

    /// <summary>The queue's name.</summary>
    public string QueueName => _queue.Name;

    /// <summary>Whether it was settled through this object.</summary>
    public bool IsSettled => _settled;

    /// <inheritdoc cref="DurableQueue.AcknowledgeAsync"/>
    public ValueTask AcknowledgeAsync(
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        _queue.SettleAsync(Lease, durability, this, cancellationToken);

    /// <inheritdoc cref="DurableQueue.Acknowledge"/>
    public void Acknowledge(WriteBatch batch) =>
        _queue.AcknowledgeBy(batch, Lease, NoteSettled);

    /// <inheritdoc cref="DurableQueue.NegativeAcknowledgeAsync"/>
    public ValueTask NegativeAcknowledgeAsync(
        TimeSpan delay = default,
        string? reason = null,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        _queue.RefuseAsync(
            Lease, delay, reason, durability, this, cancellationToken);

    /// <inheritdoc cref="DurableQueue.DeadLetterAsync"/>
    public ValueTask DeadLetterAsync(
        string reason,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        _queue.BuryAsync(Lease, reason, durability, this, cancellationToken);

    /// <summary>For engines: it has been settled, which was acknowledged.</summary>
    public void NoteSettled() => _settled = true;

    /// <inheritdoc cref="DurableQueue.RenewAsync"/>
    public ValueTask RenewAsync(
        TimeSpan? duration = null, CancellationToken cancellationToken = default) =>
        _queue.RenewAsync(Lease, duration, cancellationToken);
}
