using LogEngine.Stores.Shared;

namespace LogEngine.Stores.Queues;

/// <summary>
/// A queue of an embedded engine: which messages are ready and leased is kept in memory, once, however
/// many objects it is open through.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EmbeddedQueue : DurableQueue
{
    private readonly SharedQueue _shared;
    private readonly QueueParts _parts;
    private readonly EnqueuePath _enqueue;
    private readonly DeliveryPath _deliver;
    private readonly SettlementPath _settle;
    private readonly Func<Task> _leave;
    private readonly Lazy<Task> _closed;

    /// <param name="shared">What all objects of the queue have in common.</param>
    /// <param name="leave">Called when this one is closed, with nothing on its way through it.</param>
    internal EmbeddedQueue(SharedQueue shared, Func<Task> leave)
        : base(shared.Engine, shared.Name, shared.Options)
    {
        _shared = shared;
        _leave = leave;
        _parts = shared.PartsFor(new QueueUser(RaiseLeaseExpired));
        DeadLetterPath dead = new(_parts);
        _enqueue = new EnqueuePath(_parts);
        _deliver = new DeliveryPath(_parts, this, dead);
        _settle = new SettlementPath(_parts, dead);
        _closed = new Lazy<Task>(CloseAsync);
        DeadLetters = new EmbeddedDeadLetters(_parts);
        _parts.State.Enter(_parts.User);
    }

    public override DeadLetterQueue DeadLetters { get; }

    public override ValueTask<QueueStatistics> GetStatisticsAsync(
        CancellationToken cancellationToken = default) => new(_shared.Statistics);

    public override ValueTask<EnqueueResult> EnqueueAsync(
        QueueMessage message,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _enqueue.EnqueueAsync(message, Engine.LevelOf(durability), cancellationToken);
    }

    public override ValueTask<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(
        IReadOnlyList<QueueMessage> messages,
        Durability? durability = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();
        return messages.Count == 0
            ? new ValueTask<IReadOnlyList<EnqueueResult>>([])
            : TracedManyAsync(
                messages, many => EnqueueAllAsync(many, durability, cancellationToken));
    }

    private ValueTask<IReadOnlyList<EnqueueResult>> EnqueueAllAsync(
        IReadOnlyList<QueueMessage> messages,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        DateTimeOffset now = _parts.Now;
        return _enqueue.EnqueueManyAsync(
            [.. messages.Select(m => PreparedMessage.Of(m, Options, now))],
            Engine.LevelOf(durability),
            cancellationToken);
    }

    public override ValueTask<QueueDelivery?> ReceiveAsync(
        TimeSpan wait, TimeSpan? lease = null, CancellationToken cancellationToken = default) =>
        _deliver.ReceiveOneAsync(CheckTimes(wait, lease), wait, cancellationToken);

    public override ValueTask<IReadOnlyList<QueueDelivery>> ReceiveManyAsync(
        int maxMessages,
        TimeSpan wait = default,
        TimeSpan? lease = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxMessages, 1);
        return _deliver.ReceiveAsync(maxMessages, CheckTimes(wait, lease), wait, cancellationToken);
    }

    /// <summary>In memory only: it costs nothing on disk.</summary>
    /// <inheritdoc/>
    public override ValueTask RenewAsync(
        LeaseToken lease, TimeSpan? duration = null, CancellationToken cancellationToken = default)
    {
        TimeSpan time = duration ?? Options.LeaseDuration;
        QueueOptions.CheckDuration(time, nameof(duration));
        return _parts.State.Settling.TryRenew(_parts.User, lease, time)
            ? ValueTask.CompletedTask
            : throw new LeaseLostException(Name, lease);
    }

    public override ValueTask<IReadOnlyList<PeekedMessage>> PeekAsync(
        int maxMessages = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxMessages, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxMessages, 1000);
        return _deliver.PeekAsync(maxMessages, cancellationToken);
    }

    public override ValueTask<DateTimeOffset?> GetOldestReadyAsync(
        CancellationToken cancellationToken = default) => _deliver.GetOldestReadyAsync(cancellationToken);

    public override async ValueTask<long> PurgeAsync(
        Durability? durability = null, CancellationToken cancellationToken = default)
    {
        await _shared.Purging.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            WriteBatch batch = _parts.Engine.CreateBatch();
            batch.DeleteRange(_parts.Keyspaces.Messages, default, default);
            batch.DeleteRange(_parts.Keyspaces.Attempts, default, default);
            SequenceRange written = await _parts.Engine.CommitAsync(
                batch, durability, CancellationToken.None).ConfigureAwait(false);
            return _parts.State.Purged(written.First);
        }
        finally
        {
            _shared.Purging.Release();
        }
    }

    public override ValueTask<MessageDeletion> DeleteMessageAsync(
        long id, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return CancellableWait.On(
            new DeleteInBatch(_parts, id, null).RunAsync(Engine.LevelOf(durability)),
            cancellationToken);
    }

    public override ValueTask DisposeAsync() => new(_closed.Value);

    protected internal override ValueTask SettleAsync(
        LeaseToken lease,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken) =>
        CancellableWait.On(
            _settle.AcknowledgeAsync(lease, Engine.LevelOf(durability), delivery), cancellationToken);

    protected internal override ValueTask RefuseAsync(
        LeaseToken lease,
        TimeSpan delay,
        string? reason,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, MaxDelay);
        return CancellableWait.On(
            _settle.NegativeAcknowledgeAsync(
                lease, delay, reason, Engine.LevelOf(durability), delivery),
            cancellationToken);
    }

    protected internal override ValueTask BuryAsync(
        LeaseToken lease,
        string reason,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return CancellableWait.On(
            _settle.DeadLetterAsync(lease, reason, Engine.LevelOf(durability), delivery), cancellationToken);
    }

    protected internal override void AcknowledgeBy(WriteBatch batch, LeaseToken lease, Action? settled)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!_parts.State.Settling.IsCurrent(lease))
        {
            throw new LeaseLostException(Name, lease);
        }

        batch.Observe(new AcknowledgeInBatch(_parts, lease, settled));
    }

    protected internal override void GiveUp(LeaseToken lease) => _parts.State.Settling.GiveUp(lease);

    protected internal override ValueTask<bool> IsCurrentAsync(
        LeaseToken lease, CancellationToken cancellationToken) =>
        new(_parts.State.Settling.IsAlive(lease));

    protected internal override void EnqueueBy(
        WriteBatch batch, QueueMessage message, Action<long> told)
    {
        ArgumentNullException.ThrowIfNull(batch);
        PreparedMessage prepared = PreparedMessage.Of(message, Options, _parts.Now);
        batch.Observe(new EnqueueInBatch(_parts, [prepared], ownsBytes: true, told));
    }

    protected internal override void DeleteBy(
        WriteBatch batch, long id, Action<MessageDeletion> told)
    {
        ArgumentNullException.ThrowIfNull(batch);
        batch.Observe(new DeleteInBatch(_parts, id, told));
    }

    protected override void ListenForExpiry(bool listens) =>
        _parts.State.Listen(_parts.User, listens);

    private async Task CloseAsync()
    {
        await _parts.State.CloseAsync(_parts.User).ConfigureAwait(false);
        await _leave().ConfigureAwait(false);
    }

    private TimeSpan CheckTimes(TimeSpan wait, TimeSpan? lease)
    {
        WaitTime.Check(wait);
        TimeSpan duration = lease ?? Options.LeaseDuration;
        QueueOptions.CheckDuration(duration, nameof(lease));
        return duration;
    }
}
