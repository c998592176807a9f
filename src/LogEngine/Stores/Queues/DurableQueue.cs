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
/// Several objects of one name may be open on an engine: they share one state, so their options must be
/// equal. Each is closed by itself, and before the engine.
/// </para>
/// </remarks>
public abstract class DurableQueue : IAsyncDisposable, IDisposable
{
    /// <summary>Longest delay of a negative acknowledgement: 3,650 days.</summary>
    public static TimeSpan MaxDelay { get; } = TimeSpan.FromDays(3650);

    private readonly Lock _listeners = new();
    private EventHandler<LeaseExpiredEventArgs>? _leaseExpired;

    /// <summary>For engines.</summary>
    /// <param name="engine">The engine that it is in.</param>
    /// <param name="name">Its name.</param>
    /// <param name="options">The options that it was opened with.</param>
    protected DurableQueue(StorageEngine engine, string name, QueueOptions options)
    {
        ArgumentNullException.ThrowIfNull(engine);
        Engine = engine;
        Name = name;
        Options = options;
        Logger = LogCategories.Create(engine.LoggerFactory, LogCategories.Queue);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The options that it was opened with.</summary>
    public QueueOptions Options { get; }

    /// <summary>The engine that it is in.</summary>
    public StorageEngine Engine { get; }

    /// <summary>
    /// Raised when a lease of this queue has expired, whichever object of it the message was received
    /// through: soon after its end, while the queue is open here. A settled, renewed, purged or given
    /// up lease does not expire.
    /// </summary>
    /// <remarks>
    /// Listeners are called on the thread pool, one lease after the other; nobody waits for them.
    /// What one throws is logged, and the others are called all the same. By then the message may be
    /// with somebody else. A lease that ends with its process expires for nobody: after a restart
    /// there are no leases. Where leases outlive their process
    /// (<see cref="EngineCapabilities.LeasesOutliveProcess"/>), this engine's own are told; not those of others.
    /// </remarks>
    public event EventHandler<LeaseExpiredEventArgs>? LeaseExpired
    {
        add => ChangeListeners(() => _leaseExpired += value);
        remove => ChangeListeners(() => _leaseExpired -= value);
    }

    internal Microsoft.Extensions.Logging.ILogger Logger { get; }

    /// <summary>What is not delivered any more.</summary>
    public abstract DeadLetterQueue DeadLetters { get; }

    /// <summary>A moment's picture.</summary>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public abstract ValueTask<QueueStatistics> GetStatisticsAsync(
        CancellationToken cancellationToken = default);

    /// <summary>Enqueues a message.</summary>
    /// <param name="message">The message; it is copied before the call returns.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>Its id, and whether it was written. Await it once.</returns>
    /// <exception cref="ArgumentException">Something about the message is out of range.</exception>
    /// <exception cref="QueueFullException">The queue is at its limit.</exception>
    /// <exception cref="RecordTooLargeException">The message exceeds 64 MiB.</exception>
    /// <exception cref="StorageFullException">No space; nothing was written.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public abstract ValueTask<EnqueueResult> EnqueueAsync(
        QueueMessage message,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>Enqueues messages, all that are no duplicates or none.</summary>
    /// <param name="messages">The messages; they are copied before the call returns.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>The outcome of each, in order.</returns>
    /// <inheritdoc cref="EnqueueAsync"/>
    public abstract ValueTask<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(
        IReadOnlyList<QueueMessage> messages,
        Durability? durability = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets a batch enqueue a message: it is in the queue if, and once, the batch is written. A
    /// duplicate or a full queue fails the batch. A deduplication id must be in a batch once.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="message">The message; it is copied.</param>
    /// <returns>Its id; known once the batch is committed.</returns>
    /// <exception cref="ArgumentException">Something about the message is out of range.</exception>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public PendingValue<long> Enqueue(WriteBatch batch, QueueMessage message)
    {
        PendingValue<long> id = new();
        EnqueueBy(batch, QueueMetrics.InBatch(message), id.Set);
        return id;
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
    public abstract ValueTask<QueueDelivery?> ReceiveAsync(
        TimeSpan wait, TimeSpan? lease = null, CancellationToken cancellationToken = default);

    /// <summary>Receives up to so many messages, waiting for the first.</summary>
    /// <param name="maxMessages">Most messages, from 1.</param>
    /// <param name="wait">How long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="lease">How long they are leased; the queue's default where null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The messages, none where the time passed.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing was taken.</exception>
    /// <exception cref="StorageIOException">
    /// There is none but one that cannot be read now; it is tried again after a lease's time. Damaged
    /// ones go to the dead letters and stop nobody.
    /// </exception>
    /// <exception cref="StorageFullException">
    /// There is none but one that should go to the dead letters, for which there is no space.
    /// </exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public abstract ValueTask<IReadOnlyList<QueueDelivery>> ReceiveManyAsync(
        int maxMessages,
        TimeSpan wait = default,
        TimeSpan? lease = null,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Messages as they come, each leased when it is given out; ends when the queue or its engine is
    /// closed.
    /// </summary>
    /// <param name="lease">How long each is leased; the queue's default where null.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
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
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <exception cref="LeaseLostException">The lease is not current; nothing was written.</exception>
    /// <exception cref="StorageFullException">No space; the lease goes on.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public ValueTask AcknowledgeAsync(
        LeaseToken lease,
        Durability? durability = null,
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
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        RefuseAsync(lease, delay, reason, durability, null, cancellationToken);

    /// <summary>Moves a message to the dead letters.</summary>
    /// <param name="lease">Its lease.</param>
    /// <param name="reason">Why; at most 1,000 characters are kept.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <inheritdoc cref="AcknowledgeAsync"/>
    public ValueTask DeadLetterAsync(
        LeaseToken lease,
        string reason,
        Durability? durability = null,
        CancellationToken cancellationToken = default) =>
        BuryAsync(lease, reason, durability, null, cancellationToken);

    /// <summary>Lets a lease run anew from now.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="duration">How long; the queue's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="LeaseLostException">It is not current.</exception>
    /// <exception cref="ObjectDisposedException">The queue is closed.</exception>
    public abstract ValueTask RenewAsync(
        LeaseToken lease, TimeSpan? duration = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The next ready messages with their bodies, without receiving them; one that cannot be read says
    /// so.
    /// </summary>
    /// <param name="maxMessages">Most messages, 1 to 1,000.</param>
    /// <param name="cancellationToken">Cancels between two of them.</param>
    public abstract ValueTask<IReadOnlyList<PeekedMessage>> PeekAsync(
        int maxMessages = 1, CancellationToken cancellationToken = default);

    /// <summary>
    /// When the oldest of the messages that are ready was enqueued, whatever its lane: how far the receivers are
    /// behind. One that waits for a due time, or behind another of its group, is not ready.
    /// </summary>
    /// <remarks>
    /// Of an engine that does not override it, among the next 100.
    /// </remarks>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <returns>Null where none is ready, or where it cannot be read.</returns>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public virtual async ValueTask<DateTimeOffset?> GetOldestReadyAsync(
        CancellationToken cancellationToken = default)
    {
        IReadOnlyList<PeekedMessage> next = await PeekAsync(100, cancellationToken)
            .ConfigureAwait(false);
        return next.Where(message => message.Unreadable is null)
            .Min(message => (DateTimeOffset?)message.EnqueuedAt);
    }

    /// <summary>
    /// Removes all messages, scheduled and leased ones included, at one moment; not the dead letters,
    /// nor the memory of deduplication ids. One record, however many they are.
    /// </summary>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels before it is begun.</param>
    /// <returns>How many, about: others may come and go meanwhile.</returns>
    /// <inheritdoc cref="AcknowledgeAsync"/>
    public abstract ValueTask<long> PurgeAsync(
        Durability? durability = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Deletes one message that nobody has by its id: a ready, scheduled, held back or dead one. Its
    /// deduplication id is remembered on, as after an acknowledgement. The next one of its group may
    /// be delivered once the deletion is as durable as asked for.
    /// </summary>
    /// <param name="id">Its id, as enqueueing, a delivery, a peek or a dead letter gave it.</param>
    /// <param name="durability">When the call completes; the engine's default where null.</param>
    /// <param name="cancellationToken">Cancels the wait, never what was admitted.</param>
    /// <returns>Whether it was there; a leased one stays.</returns>
    /// <exception cref="StorageFullException">No space; it stays.</exception>
    /// <exception cref="StorageFaultedException">A write or a sync failed, now or before.</exception>
    /// <exception cref="AppendCanceledException">The wait was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The queue or its engine is closed.</exception>
    public abstract ValueTask<MessageDeletion> DeleteMessageAsync(
        long id, Durability? durability = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Lets a batch delete one message that nobody has by its id; decided when the batch is committed.
    /// A message that is not there, or leased, does not fail the batch, but where nothing else is in
    /// it, it is empty, which no commit takes. A dead letter that somebody replays or discards in that
    /// moment fails the batch, as a condition does.
    /// </summary>
    /// <param name="batch">A batch of the same engine.</param>
    /// <param name="id">Its id.</param>
    /// <returns>Whether it was there; known once the batch is committed.</returns>
    /// <exception cref="InvalidOperationException">The batch has been committed.</exception>
    public PendingValue<MessageDeletion> DeleteMessage(WriteBatch batch, long id)
    {
        PendingValue<MessageDeletion> deletion = new();
        DeleteBy(batch, id, deletion.Set);
        return deletion;
    }

    /// <summary>
    /// Takes nothing more, ends all waiting on this object, and completes once nothing is on its way
    /// through it. What was received through it and is still leased is ready again. Other objects of
    /// the queue, and the engine, stay open. Idempotent.
    /// </summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>As <see cref="DisposeAsync"/>, while the calling thread waits.</summary>
    public void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    /// <summary>Acknowledges, and notes in the delivery that it was settled.</summary>
    protected internal abstract ValueTask SettleAsync(
        LeaseToken lease,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken);

    /// <summary>Gives it back, and notes in the delivery that it was settled.</summary>
    protected internal abstract ValueTask RefuseAsync(
        LeaseToken lease,
        TimeSpan delay,
        string? reason,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken);

    /// <summary>Moves it to the dead letters, and notes in the delivery that it was settled.</summary>
    protected internal abstract ValueTask BuryAsync(
        LeaseToken lease,
        string reason,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken);

    /// <summary>Lets a batch acknowledge it; tells when that is done.</summary>
    protected internal abstract void AcknowledgeBy(WriteBatch batch, LeaseToken lease, Action? settled);

    /// <summary>Nobody works on it any more: it is ready again, as if the lease had ended.</summary>
    protected internal abstract void GiveUp(LeaseToken lease);

    /// <summary>
    /// Whether a lease can still be settled, or is being settled at the moment: false once it has
    /// expired, was given up, purged, or settled.
    /// </summary>
    protected internal abstract ValueTask<bool> IsCurrentAsync(
        LeaseToken lease, CancellationToken cancellationToken);

    /// <summary>Lets a batch enqueue a message; tells its id when the batch is committed.</summary>
    protected internal abstract void EnqueueBy(WriteBatch batch, QueueMessage message, Action<long> told);

    /// <summary>
    /// Lets a batch delete a message by its id; tells what became of it when the batch is committed.
    /// </summary>
    protected internal abstract void DeleteBy(
        WriteBatch batch, long id, Action<MessageDeletion> told);

    /// <summary>
    /// The first listener of <see cref="LeaseExpired"/> has come, or the last has gone. Not called for
    /// two changes at a time.
    /// </summary>
    /// <param name="listens">Whether there is one.</param>
    protected abstract void ListenForExpiry(bool listens);

    /// <summary>
    /// Calls the listeners of <see cref="LeaseExpired"/>; what they throw is logged. On the thread
    /// pool, and never under a lock.
    /// </summary>
    /// <param name="lease">The lease that has expired.</param>
    protected void RaiseLeaseExpired(LeaseExpiredEventArgs lease)
    {
        foreach (EventHandler<LeaseExpiredEventArgs> listener in
            Delegate.EnumerateInvocationList(_leaseExpired))
        {
            try
            {
                listener(this, lease);
            }
#pragma warning disable CA1031 // Whatever it throws: the lease has expired all the same.
            catch (Exception error)
            {
                LogEvents.CallbackFailed(Logger, nameof(LeaseExpired), error);
            }
#pragma warning restore CA1031
        }
    }

    /// <summary>
    /// For engines whose statistics have to be asked for: the instruments <c>logengine.queue.*</c> show
    /// <see cref="GetStatisticsAsync"/> until the result is disposed. Of several objects of a queue one is to be
    /// shown.
    /// </summary>
    /// <remarks>
    /// They are asked for while somebody collects, once for all instruments, and again after a second at the
    /// earliest. Whoever collects waits for 250 ms at most, and else sees what was known the time before;
    /// what cannot be had is not shown.
    /// </remarks>
    protected IDisposable ShowStatistics() => QueueMetrics.Show(this);

    /// <summary>For engines: enqueues a message in the activity <c>send QUEUE</c>, where somebody traces.</summary>
    /// <param name="message">The message.</param>
    /// <param name="enqueue">
    /// Enqueues what it is given: the message, with the activity in its headers unless it has another one there.
    /// </param>
    protected ValueTask<EnqueueResult> TracedAsync(
        QueueMessage message, Func<QueueMessage, ValueTask<EnqueueResult>> enqueue)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(enqueue);
        return MessagingActivities.IsTraced
            ? QueueMetrics.TracedAsync(Name, message, enqueue)
            : enqueue(message);
    }

    /// <summary>The same for several messages, which one activity sends.</summary>
    /// <param name="messages">The messages.</param>
    /// <param name="enqueue">Enqueues what it is given, in that order.</param>
    protected ValueTask<IReadOnlyList<EnqueueResult>> TracedManyAsync(
        IReadOnlyList<QueueMessage> messages,
        Func<IReadOnlyList<QueueMessage>, ValueTask<IReadOnlyList<EnqueueResult>>> enqueue)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ArgumentNullException.ThrowIfNull(enqueue);
        return MessagingActivities.IsTraced && messages.Count > 0
            ? QueueMetrics.TracedManyAsync(Name, messages, enqueue)
            : enqueue(messages);
    }

    /// <summary>For engines: a message is delivered, for the instrument of the time in the queue.</summary>
    /// <param name="enqueuedAt">When it was enqueued.</param>
    protected void NoteDelivered(DateTimeOffset enqueuedAt) =>
        QueueMetrics.Delivered(Name, enqueuedAt, Engine.TimeProvider, Logger);

    private void ChangeListeners(Action change)
    {
        lock (_listeners)
        {
            bool before = _leaseExpired is not null;
            change();
            if (before != _leaseExpired is not null)
            {
                ListenForExpiry(!before);
            }
        }
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
