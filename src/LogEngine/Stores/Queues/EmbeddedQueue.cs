using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>A queue of an embedded engine: which messages are ready and leased is kept in memory.</summary>
/// <remarks>
/// Thread-safe. One instance of a name at a time is open on an engine. Close it before the engine.
/// </remarks>
internal sealed class EmbeddedQueue : DurableQueue
{
    private readonly QueueParts _parts;
    private readonly EnqueuePath _enqueue;
    private readonly DeliveryPath _deliver;
    private readonly SettlementPath _settle;
    private readonly SemaphoreSlim _purging = new(1, 1);
    private readonly CancellationTokenRegistration _engineStops;
    private int _closing;

    private EmbeddedQueue(QueueParts parts)
        : base(parts.Engine, parts.Name, parts.Options)
    {
        _parts = parts;
        DeadLetterPath dead = new(parts);
        _enqueue = new EnqueuePath(parts);
        _deliver = new DeliveryPath(parts, this, dead);
        _settle = new SettlementPath(parts, dead);
        DeadLetters = new EmbeddedDeadLetters(parts);
        _engineStops = Engine.Stopping.UnsafeRegister(
            static queue => ((EmbeddedQueue)queue!).EndWithEngine(), this);
        QueueMetrics.Enter(this);
    }

    public override DeadLetterQueue DeadLetters { get; }

    /// <summary>A moment's picture.</summary>
    internal QueueStatistics Statistics => _parts.State.Statistics(_parts.Keyspaces.Dead.Count);

    public override ValueTask<QueueStatistics> GetStatisticsAsync(
        CancellationToken cancellationToken = default) => new(Statistics);

    /// <summary>Opens one; name and options have been checked.</summary>
    internal static async ValueTask<EmbeddedQueue> OpenAsync(
        EmbeddedEngine engine,
        string name,
        QueueOptions options,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        QueueKeyspaces keyspaces = new(engine, name);
        OpenNames.Queues.Enter(engine, name);
        try
        {
            QueueScan scan;
            using (EmbeddedReadView view = engine.OpenReadView())
            {
                scan = QueueScan.Run(keyspaces, view);
            }

            await SweepAsync(engine, keyspaces, scan).ConfigureAwait(false);
            QueueState state = new(engine, name, options, keyspaces, scan);
            EmbeddedQueue queue = new(new QueueParts(engine, name, options, keyspaces, state));
            queue.Tell(scan);
            return queue;
        }
        catch
        {
            OpenNames.Queues.Leave(engine, name);
            throw;
        }
    }

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
        DateTimeOffset now = _parts.Now;
        return messages.Count == 0
            ? new ValueTask<IReadOnlyList<EnqueueResult>>([])
            : _enqueue.EnqueueManyAsync(
                [.. messages.Select(m => PreparedMessage.Of(m, Options, now))],
                Engine.LevelOf(durability),
                cancellationToken);
    }

    public override void Enqueue(WriteBatch batch, QueueMessage message)
    {
        ArgumentNullException.ThrowIfNull(batch);
        PreparedMessage prepared = PreparedMessage.Of(message, Options, _parts.Now);
        batch.Observe(new EnqueueInBatch(_parts, [prepared], ownsBytes: true));
    }

    public override ValueTask<QueueDelivery?> ReceiveAsync(
        TimeSpan wait, TimeSpan? lease = null, CancellationToken cancellationToken = default) =>
        _deliver.ReceiveOneAsync(CheckTimes(wait, lease), wait, cancellationToken);

    public override ValueTask<IReadOnlyList<QueueDelivery>> ReceiveManyAsync(
        int most,
        TimeSpan wait = default,
        TimeSpan? lease = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return _deliver.ReceiveAsync(most, CheckTimes(wait, lease), wait, cancellationToken);
    }

    /// <summary>In memory only: it costs nothing on disk.</summary>
    /// <inheritdoc/>
    public override ValueTask RenewAsync(
        LeaseToken lease, TimeSpan? duration = null, CancellationToken cancellationToken = default)
    {
        TimeSpan time = duration ?? Options.LeaseDuration;
        QueueOptions.CheckDuration(time, nameof(duration));
        return _parts.State.TryRenew(lease, time)
            ? ValueTask.CompletedTask
            : throw new LeaseLostException(Name, lease);
    }

    public override ValueTask<IReadOnlyList<PeekedMessage>> PeekAsync(
        int most = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, 1000);
        return _deliver.PeekAsync(most, cancellationToken);
    }

    public override async ValueTask<long> PurgeAsync(
        Durability? durability = null, CancellationToken cancellationToken = default)
    {
        await _purging.WaitAsync(cancellationToken).ConfigureAwait(false);
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
            _purging.Release();
        }
    }

    /// <summary>
    /// Takes nothing more, ends all waiting, and completes once nothing is on its way. Messages that
    /// are leased are ready for the next who opens it. Idempotent. The engine stays open.
    /// </summary>
    public override async ValueTask DisposeAsync()
    {
        QueueMetrics.Leave(this);
        _engineStops.Unregister();
        await _parts.State.CloseAsync().ConfigureAwait(false);
        await _parts.Settled.RemoveAllAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _closing, 1) == 0)
        {
            OpenNames.Queues.Leave(Engine, Name);
        }
    }

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
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, LongestDelay);
        return CancellableWait.On(
            _settle.RefuseAsync(lease, delay, reason, Engine.LevelOf(durability), delivery), cancellationToken);
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
        if (!_parts.State.IsCurrent(lease))
        {
            throw new LeaseLostException(Name, lease);
        }

        batch.Observe(new AcknowledgeInBatch(_parts, lease, settled));
    }

    protected internal override void GiveUp(LeaseToken lease) => _parts.State.GiveUp(lease);

    private void EndWithEngine() => _parts.State.EndWithEngine(
        Engine.Faulted is { IsCompletedSuccessfully: true } faulted
            ? faulted.Result
            : new ObjectDisposedException(nameof(StorageEngine)));

    private void Tell(QueueScan scan)
    {
        foreach ((string what, string instead, Exception error) in scan.Damage)
        {
            LogEvents.QueuePartUnreadable(_parts.Logger, Name, what, instead, error);
        }

        QueueStatistics found = Statistics;
        LogEvents.QueueOpened(_parts.Logger, Name, found.Ready, found.Scheduled, found.Dead);
    }

    /// <summary>Removes attempts whose messages have expired.</summary>
    private static async ValueTask SweepAsync(
        EmbeddedEngine engine, QueueKeyspaces keyspaces, QueueScan scan)
    {
        try
        {
            foreach (long[] some in scan.Orphans.Chunk(10_000))
            {
                WriteBatch batch = engine.CreateBatch();
                foreach (long id in some)
                {
                    batch.Delete(keyspaces.Attempts, QueueEntry.IdKey(id));
                }

                await engine.CommitAsync(batch, Durability.ProcessCrash).ConfigureAwait(false);
            }
        }
        catch (StorageReadOnlyException)
        {
            // Only looked at: whoever opens it for writing sweeps.
        }
    }

    private TimeSpan CheckTimes(TimeSpan wait, TimeSpan? lease)
    {
        WaitTime.Check(wait);
        TimeSpan duration = lease ?? Options.LeaseDuration;
        QueueOptions.CheckDuration(duration, nameof(lease));
        return duration;
    }
}
