using System.Runtime.CompilerServices;
using LogEngine.Telemetry;

namespace LogEngine.Stores.Queues;

/// <summary>
/// A durable queue in a <see cref="StorageEngine"/>: leases, lanes, due times, deduplication, dead
/// letters, and settlements that commit together with other writes.
/// </summary>
/// <remarks>
/// <para>
/// Thread-safe. At least once: a message whose enqueueing was acknowledged is delivered until it is
/// settled; a settlement that was acknowledged is final. What that means for each durability:
/// docs/queue.md.
/// </para>
/// <para>
/// One instance of a name at a time is open on an engine. Close it before the engine.
/// </para>
/// </remarks>
public sealed class DurableQueue : IAsyncDisposable, IDisposable
{
    private readonly QueueParts _parts;
    private readonly EnqueuePath _enqueue;
    private readonly DeliveryPath _deliver;
    private readonly SettlementPath _settle;
    private readonly SemaphoreSlim _purging = new(1, 1);
    private int _closing;

    private DurableQueue(QueueParts parts)
    {
        _parts = parts;
        DeadLetterPath dead = new(parts);
        _enqueue = new EnqueuePath(parts);
        _deliver = new DeliveryPath(parts, this, dead);
        _settle = new SettlementPath(parts, dead);
        DeadLetters = new DeadLetterQueue(parts);
        QueueMetrics.Enter(this);
    }

    /// <summary>Its name.</summary>
    public string Name => _parts.Name;

    /// <summary>The options that it was opened with.</summary>
    public QueueOptions Options => _parts.Options;

    /// <summary>The engine that it is in.</summary>
    public StorageEngine Engine => _parts.Engine;

    /// <summary>What is not delivered any more.</summary>
    public DeadLetterQueue DeadLetters { get; }

    /// <summary>A moment's picture.</summary>
    public QueueStatistics Statistics => _parts.State.Statistics(_parts.Keyspaces.Dead.Count);

    /// <summary>
    /// Opens a queue; one that does not exist begins empty. Reads the keys of its messages once, no
    /// bodies. All leases of earlier opens have ended. In an engine that is open read-only it can be
    /// looked at: statistics, peek, dead letters.
    /// </summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">1 to 512 bytes of UTF-8.</param>
    /// <param name="options">Options; all defaults where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <exception cref="ArgumentException">The name or an option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">It is open on this engine already.</exception>
    /// <exception cref="ObjectDisposedException">The engine is closed.</exception>
    public static async ValueTask<DurableQueue> OpenAsync(
        StorageEngine engine,
        string name,
        QueueOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        QueueKeyspaces.CheckName(name);
        options ??= new QueueOptions();
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        QueueKeyspaces keyspaces = new(engine, name);
        OpenNames.Queues.Enter(engine, name);
        try
        {
            QueueScan scan;
            using (ReadView view = engine.OpenReadView())
            {
                scan = QueueScan.Run(keyspaces, view);
            }

            await SweepAsync(engine, keyspaces, scan).ConfigureAwait(false);
            QueueState state = new(engine, name, options, keyspaces, scan);
            DurableQueue queue = new(new QueueParts(engine, name, options, keyspaces, state));
            queue.Tell();
            return queue;
        }
        catch
        {
            OpenNames.Queues.Leave(engine, name);
            throw;
        }
    }

    /// <summary>Names of the queues in an engine that were ever written to, in ordinal order.</summary>
    public static IReadOnlyList<string> List(StorageEngine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return QueueKeyspaces.NamesIn(engine);
    }

    /// <summary>Removes a queue with all that is in it, dead letters too. It must not be open.</summary>
    /// <returns>False where there was none.</returns>
    /// <exception cref="InvalidOperationException">It is open.</exception>
    public static async ValueTask<bool> DeleteAsync(
        StorageEngine engine, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        QueueKeyspaces.CheckName(name);
        OpenNames.Queues.Enter(engine, name);
        try
        {
            // The one that makes it a queue goes last: after a crash it can be deleted again.
            bool found = false;
            foreach (Keyspace keyspace in new QueueKeyspaces(engine, name).All)
            {
                found |= await engine.DropKeyspaceAsync(
                    keyspace.Name, cancellationToken: cancellationToken).ConfigureAwait(false);
            }

            return found;
        }
        finally
        {
            OpenNames.Queues.Leave(engine, name);
        }
    }

    /// <summary>Enqueues a message.</summary>
    /// <param name="message">The message; it is copied before the call returns.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>Its id, and whether it was written. Await it once.</returns>
    /// <exception cref="ArgumentException">Something about the message is out of range.</exception>
    /// <exception cref="QueueFullException">The queue is at its limit.</exception>
    /// <exception cref="RecordTooLargeException">The message exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public ValueTask<EnqueueResult> EnqueueAsync(
        QueueMessage message,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _enqueue.EnqueueAsync(message, durability, cancellationToken);
    }

    /// <summary>Enqueues messages, all that are no duplicates or none.</summary>
    /// <param name="messages">The messages; they are copied before the call returns.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>The outcome of each, in order.</returns>
    /// <inheritdoc cref="EnqueueAsync"/>
    public ValueTask<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(
        IReadOnlyList<QueueMessage> messages,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        cancellationToken.ThrowIfCancellationRequested();
        DateTimeOffset now = _parts.Now;
        return messages.Count == 0
            ? new ValueTask<IReadOnlyList<EnqueueResult>>([])
            : _enqueue.EnqueueManyAsync(
                [.. messages.Select(m => PreparedMessage.Of(m, Options, now))],
                durability,
                cancellationToken);
    }

    /// <summary>
    /// Lets a batch enqueue a message: it is in the queue if, and once, the batch is written. A
    /// duplicate or a full queue fails the batch. A deduplication id must be in a batch once.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="message">The message; it is copied.</param>
    /// <exception cref="ArgumentException">Something about the message is out of range.</exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Enqueue(WriteBatch batch, QueueMessage message)
    {
        ArgumentNullException.ThrowIfNull(batch);
        PreparedMessage prepared = PreparedMessage.Of(message, Options, _parts.Now);
        batch.Observe(new EnqueueInBatch(_parts, [prepared], ownsBytes: true));
    }

    /// <summary>Receives the next message if there is one now.</summary>
    /// <param name="lease">How long it is leased; the queue's default where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <returns>The message; null where none is ready.</returns>
    /// <inheritdoc cref="ReceiveManyAsync"/>
    public ValueTask<QueueDelivery?> TryReceiveAsync(
        TimeSpan? lease = null, CancellationToken cancellationToken = default) =>
        ReceiveAsync(TimeSpan.Zero, lease, cancellationToken);

    /// <summary>Receives the next message, waiting for one.</summary>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="lease">How long it is leased; the queue's default where null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The message; null where the time passed without one.</returns>
    /// <inheritdoc cref="ReceiveManyAsync"/>
    public ValueTask<QueueDelivery?> ReceiveAsync(
        TimeSpan wait, TimeSpan? lease = null, CancellationToken cancellationToken = default) =>
        _deliver.ReceiveOneAsync(CheckTimes(wait, lease), wait, cancellationToken);

    /// <summary>Receives up to so many messages, waiting for the first.</summary>
    /// <param name="most">Most messages, from 1.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="lease">How long they are leased; the queue's default where null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The messages, none where the time passed.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was taken.</exception>
    /// <exception cref="CorruptionException">
    /// A body is damaged; what was taken is ready again, the rest after a lease's time.
    /// </exception>
    /// <exception cref="StorageFullException">No space to count the delivery.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public ValueTask<IReadOnlyList<QueueDelivery>> ReceiveManyAsync(
        int most,
        TimeSpan wait = default,
        TimeSpan? lease = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        return _deliver.ReceiveAsync(most, CheckTimes(wait, lease), wait, cancellationToken);
    }

    /// <summary>
    /// Messages as they come, each leased when it is given out; ends when the queue is closed.
    /// </summary>
    /// <param name="lease">How long each is leased; the queue's default where null.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public async IAsyncEnumerable<QueueDelivery> ReadAllAsync(
        TimeSpan? lease = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await NextAsync(lease, cancellationToken).ConfigureAwait(false) is { } delivery)
        {
            yield return delivery;
        }
    }

    /// <summary>Ends a message for good: it was dealt with.</summary>
    /// <param name="lease">Its lease.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <exception cref="LeaseLostException">The lease is not current; nothing was written.</exception>
    /// <exception cref="StorageFullException">No space; the lease goes on.</exception>
    /// <exception cref="EngineFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public ValueTask AcknowledgeAsync(
        LeaseToken lease,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default) =>
        SettleAsync(lease, durability, null, cancellationToken);

    /// <summary>
    /// Lets a batch acknowledge a message: whatever else is in the batch happens exactly once. The
    /// lease is asked for when the batch commits; where it is lost by then, the batch fails with
    /// <see cref="LeaseLostException"/> and nothing of it is written.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="lease">Its lease.</param>
    /// <exception cref="LeaseLostException">It is lost already.</exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public void Acknowledge(WriteBatch batch, LeaseToken lease) =>
        AcknowledgeBy(batch, lease, null);

    /// <summary>
    /// Gives a message back, to be delivered again at once or after a delay; to the dead letters
    /// where it has been delivered often enough.
    /// </summary>
    /// <param name="lease">Its lease.</param>
    /// <param name="delay">Not before so much wall-clock time has passed.</param>
    /// <param name="reason">Kept if it goes to the dead letters.</param>
    /// <param name="durability">When the call completes; without a delay nothing is written.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <inheritdoc cref="AcknowledgeAsync"/>
    public ValueTask NegativeAcknowledgeAsync(
        LeaseToken lease,
        TimeSpan delay = default,
        string? reason = null,
        Durability durability = Durability.ProcessCrash,
        CancellationToken cancellationToken = default) =>
        RefuseAsync(lease, delay, reason, durability, null, cancellationToken);

    /// <summary>Moves a message to the dead letters.</summary>
    /// <param name="lease">Its lease.</param>
    /// <param name="reason">Why; at most 1,000 characters are kept.</param>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <inheritdoc cref="AcknowledgeAsync"/>
    public ValueTask DeadLetterAsync(
        LeaseToken lease,
        string reason,
        Durability durability = Durability.PowerLoss,
        CancellationToken cancellationToken = default) =>
        BuryAsync(lease, reason, durability, null, cancellationToken);

    /// <summary>Lets a lease run anew from now. In memory only: it costs nothing on disk.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="duration">How long; the queue's default where null.</param>
    /// <exception cref="LeaseLostException">It is not current.</exception>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public void Renew(LeaseToken lease, TimeSpan? duration = null)
    {
        TimeSpan time = duration ?? Options.LeaseDuration;
        QueueOptions.CheckDuration(time, nameof(duration));
        if (!_parts.State.TryRenew(lease, time))
        {
            throw new LeaseLostException(Name, lease);
        }
    }

    /// <summary>The next ready messages with their bodies, without receiving them.</summary>
    /// <param name="most">Most messages, 1 to 1,000.</param>
    /// <param name="cancellationToken">Cancels between two of them.</param>
    public ValueTask<IReadOnlyList<PeekedMessage>> PeekAsync(
        int most = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, 1000);
        return _deliver.PeekAsync(most, cancellationToken);
    }

    /// <summary>
    /// Removes all messages, scheduled and leased ones included, at one moment; not the dead letters,
    /// nor the memory of deduplication ids. One record, however many they are.
    /// </summary>
    /// <param name="durability">When the call completes.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <returns>How many, about: others may come and go meanwhile.</returns>
    /// <inheritdoc cref="AcknowledgeAsync"/>
    public async ValueTask<long> PurgeAsync(
        Durability durability = Durability.PowerLoss, CancellationToken cancellationToken = default)
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
    public async ValueTask DisposeAsync()
    {
        QueueMetrics.Leave(this);
        await _parts.State.CloseAsync().ConfigureAwait(false);
        await _parts.Settled.RemoveAllAsync().ConfigureAwait(false);
        if (Interlocked.Exchange(ref _closing, 1) == 0)
        {
            OpenNames.Queues.Leave(Engine, Name);
        }
    }

    /// <summary>As <see cref="DisposeAsync"/>, while the calling thread waits.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    internal ValueTask SettleAsync(
        LeaseToken lease,
        Durability durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken) =>
        CancellableWait.On(
            _settle.AcknowledgeAsync(lease, durability, delivery), cancellationToken);

    internal ValueTask RefuseAsync(
        LeaseToken lease,
        TimeSpan delay,
        string? reason,
        Durability durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromDays(3650));
        return CancellableWait.On(
            _settle.RefuseAsync(lease, delay, reason, durability, delivery), cancellationToken);
    }

    internal ValueTask BuryAsync(
        LeaseToken lease,
        string reason,
        Durability durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reason);
        return CancellableWait.On(
            _settle.DeadLetterAsync(lease, reason, durability, delivery), cancellationToken);
    }

    internal void AcknowledgeBy(WriteBatch batch, LeaseToken lease, Action? settled)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (!_parts.State.IsCurrent(lease))
        {
            throw new LeaseLostException(Name, lease);
        }

        batch.Observe(new AcknowledgeInBatch(_parts, lease, settled));
    }

    private void Tell()
    {
        QueueStatistics found = Statistics;
        LogEvents.QueueOpened(_parts.Logger, Name, found.Ready, found.Scheduled, found.Dead);
    }

    /// <summary>Removes attempts whose messages have expired.</summary>
    private static async ValueTask SweepAsync(
        StorageEngine engine, QueueKeyspaces keyspaces, QueueScan scan)
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
        catch (ReadOnlyException)
        {
            // Only looked at: whoever opens it for writing sweeps.
        }
    }

    private TimeSpan CheckTimes(TimeSpan wait, TimeSpan? lease)
    {
        if (wait < TimeSpan.Zero && wait != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(wait), wait, "The wait is negative.");
        }

        TimeSpan duration = lease ?? Options.LeaseDuration;
        QueueOptions.CheckDuration(duration, nameof(lease));
        return duration;
    }

    private async ValueTask<QueueDelivery?> NextAsync(
        TimeSpan? lease, CancellationToken cancellationToken)
    {
        try
        {
            return await ReceiveAsync(Timeout.InfiniteTimeSpan, lease, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }
}
