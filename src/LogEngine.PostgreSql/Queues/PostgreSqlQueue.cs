using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Reading;
using LogEngine.PostgreSql.Writing;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>
/// A queue in a database: what is leased is in rows, so any number of processes receive from it. A lease ends by the
/// server's clock, and goes on where its holder's process ends.
/// </summary>
// Over the limit: the members of DurableQueue in their order, each of a few lines; what they do is in the files
// beside it.
internal sealed class PostgreSqlQueue : DurableQueue
{
    private const int MaxReasonChars = 1000;
    private static readonly TimeSpan LongestLease = QueueOptions.MaxLeaseDuration;

    private readonly PostgreSqlQueues _all;
    private readonly QueueContext _context;
    private readonly CurrentSource _now;
    private readonly ClaimLoop _claims;
    private readonly Lock _gate = new();
    private IDisposable? _shown;
    private Task? _closing;
    private volatile bool _isClosed;

    internal PostgreSqlQueue(
        PostgreSqlEngine engine,
        PostgreSqlQueues all,
        string name,
        QueueOptions options,
        SharedQueue shared,
        CurrentSource now,
        ILogger logger)
        : base(engine, name, options)
    {
        _all = all;
        _now = now;
        Shared = shared;
        _context = new QueueContext(this, all, shared, logger);
        _claims = new ClaimLoop(_context, new Claims(all.Server, shared.Id, options, shared.Leases));
        DeadLetters = new PostgreSqlDeadLetters(this, _context, now);
    }

    public override DeadLetterQueue DeadLetters { get; }

    public override ValueTask<QueueStatistics> GetStatisticsAsync(
        CancellationToken cancellationToken = default) => _now.ReadAsync(
        async connection =>
        {
            NpgsqlCommand command = new(_all.Server.Sql["queue-statistics"], connection);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.Put(_context.Id);
                NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                    .ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    await row.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                    return _context.Counters.With(
                        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3),
                        row.GetInt64(4), row.GetInt64(5));
                }
            }
        },
        cancellationToken);

    public override ValueTask<EnqueueResult> EnqueueAsync(
        QueueMessage message,
        Durability? durability = null,
        CancellationToken cancellationToken = default) => TracedAsync(
        message,
        async traced => (await EnqueueAllAsync([traced], durability, cancellationToken)
            .ConfigureAwait(false))[0]);

    public override ValueTask<IReadOnlyList<EnqueueResult>> EnqueueManyAsync(
        IReadOnlyList<QueueMessage> messages,
        Durability? durability = null,
        CancellationToken cancellationToken = default) => TracedManyAsync(
        messages, many => EnqueueAllAsync(many, durability, cancellationToken));

    private async ValueTask<IReadOnlyList<EnqueueResult>> EnqueueAllAsync(
        IReadOnlyList<QueueMessage> messages,
        Durability? durability,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(messages);
        Writes.RequireNotCanceled(cancellationToken);
        RequireOpen();
        Durability level = Engine.LevelOf(durability);
        List<MessageOfQueue> prepared = new(messages.Count);
        foreach (QueueMessage message in messages)
        {
            prepared.Add(Of(message));
        }

        return prepared.Count == 0 ? []
            : _context.Rules.HasLimit || prepared.Exists(m => m.Message.UniqueKey is not null)
                ? await TryEnqueueAsync(prepared, level, cancellationToken).ConfigureAwait(false)
                : await PutAsync(prepared, level, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask<QueueDelivery?> ReceiveAsync(
        TimeSpan wait, TimeSpan? lease = null, CancellationToken cancellationToken = default)
    {
        IReadOnlyList<QueueDelivery> received = await ReceiveManyAsync(
            1, wait, lease, cancellationToken).ConfigureAwait(false);
        return received.Count > 0 ? received[0] : null;
    }

    public override async ValueTask<IReadOnlyList<QueueDelivery>> ReceiveManyAsync(
        int maxMessages,
        TimeSpan wait = default,
        TimeSpan? lease = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxMessages, 1);
        if (wait < TimeSpan.Zero && wait != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(wait), wait, "The wait is negative.");
        }

        TimeSpan duration = CheckDuration(lease, nameof(lease));
        cancellationToken.ThrowIfCancellationRequested();
        Receiver receiver = new(maxMessages, duration, wait != TimeSpan.Zero);
        _claims.Add(receiver);
        if (wait == TimeSpan.Zero && !cancellationToken.CanBeCanceled)
        {
            return await receiver.Done.ConfigureAwait(false);
        }

        return await WaitAsync(receiver, wait, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask RenewAsync(
        LeaseToken lease, TimeSpan? duration = null, CancellationToken cancellationToken = default)
    {
        TimeSpan time = CheckDuration(duration, nameof(duration));
        await ActAsync(
            lease,
            new SettleRequest(Settlement.Renew, Named(lease, Require(lease)), Durability.ProcessCrash)
            {
                Ticks = time.Ticks,
            },
            cancellationToken).ConfigureAwait(false);
        _context.Leases.Renew(lease, time);
    }

    public override ValueTask<IReadOnlyList<PeekedMessage>> PeekAsync(
        int maxMessages = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxMessages, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxMessages, 1000);
        RequireOpen();
        return _now.ReadAsync(connection => PeekAsync(connection, maxMessages), cancellationToken);
    }

    public override ValueTask<DateTimeOffset?> GetOldestReadyAsync(
        CancellationToken cancellationToken = default)
    {
        RequireOpen();
        return _now.ReadAsync(GetOldestReadyAsync, cancellationToken);
    }

    public override async ValueTask<long> PurgeAsync(
        Durability? durability = null, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        Settled done = await _context.Writes.RunAsync(
            new SettleRequest(
                Settlement.Purge, new LeaseOfMessage(_context.Id, Name, 0, default),
                Engine.LevelOf(durability)),
            cancellationToken).ConfigureAwait(false);
        return done.Count;
    }

    /// <summary>
    /// Takes nothing more, ends all waiting, and gives back the leases that this instance has handed out. Idempotent. The
    /// engine stays open.
    /// </summary>
    public override ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_closing ??= Task.Run(CloseAsync));
        }
    }

    protected override async ValueTask SettleAsync(
        LeaseToken lease,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken)
    {
        HeldLease held = Require(lease);
        AcknowledgeRequest request = new(Named(lease, held), Engine.LevelOf(durability));
        bool done = await _context.Writes.RunAsync(request, cancellationToken).ConfigureAwait(false);
        _context.Leases.Remove(lease);
        if (!done)
        {
            throw new LeaseLostException(Name, lease);
        }

        _context.Counters.Add(Counters.Count.Acknowledged);
        delivery?.NoteSettled();
        Left(held);
    }

    protected override async ValueTask RefuseAsync(
        LeaseToken lease,
        TimeSpan delay,
        string? reason,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, MaxDelay);
        Durability level = Engine.LevelOf(durability);
        HeldLease held = Require(lease);
        Settled done = await ActAsync(
            lease,
            new SettleRequest(Settlement.GiveBack, Named(lease, held), level)
            {
                Ticks = delay.Ticks,
                MaxDeliveries = Options.MaxDeliveries,
                Reason = ReasonBytes(reason ?? "refused"),
            },
            cancellationToken).ConfigureAwait(false);
        _context.Leases.Remove(lease);
        _context.Counters.Add(Counters.Count.NegativelyAcknowledged);
        if (done.Code == 2)
        {
            _context.Counters.Add(Counters.Count.DeadLettered);
            Left(held);
        }

        delivery?.NoteSettled();
        ComesBack(held);
    }

    protected override async ValueTask BuryAsync(
        LeaseToken lease,
        string reason,
        Durability? durability,
        QueueDelivery? delivery,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Durability level = Engine.LevelOf(durability);
        HeldLease held = Require(lease);
        await ActAsync(
            lease,
            new SettleRequest(Settlement.Bury, Named(lease, held), level)
            {
                Reason = ReasonBytes(reason),
            },
            cancellationToken).ConfigureAwait(false);
        _context.Leases.Remove(lease);
        _context.Counters.Add(Counters.Count.DeadLettered);
        delivery?.NoteSettled();
        Left(held);
    }

    protected override void AcknowledgeBy(WriteBatch batch, LeaseToken lease, Action? settled)
    {
        ArgumentNullException.ThrowIfNull(batch);
        Require(lease);
        batch.Observe(new AcknowledgeInBatch(this, lease, settled));
    }

    protected override void GiveUp(LeaseToken lease)
    {
        if (!_context.Leases.TryGet(lease, out HeldLease held))
        {
            return;
        }

        _ = GiveUpAsync(lease, held);
    }

    public override async ValueTask<MessageDeletion> DeleteMessageAsync(
        long id, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        RequireOpen();
        Settled done = await _context.Writes.RunAsync(
            new SettleRequest(
                Settlement.Delete, new LeaseOfMessage(_context.Id, Name, id, default),
                Engine.LevelOf(durability)),
            cancellationToken).ConfigureAwait(false);
        return Deleted(done.Code);
    }

    protected override void EnqueueBy(WriteBatch batch, QueueMessage message, Action<long> told)
    {
        ArgumentNullException.ThrowIfNull(batch);
        RequireOpen();
        batch.Observe(new EnqueueInBatch(this, Of(message), told));
    }

    protected override void DeleteBy(WriteBatch batch, long id, Action<MessageDeletion> told)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(told);
        RequireOpen();
        batch.Observe(new DeleteInBatch(this, new DeletionOfMessage(_context.Id, id), told));
    }

    protected override ValueTask<bool> IsCurrentAsync(
        LeaseToken lease, CancellationToken cancellationToken) =>
        !_context.Leases.TryGet(lease, out HeldLease held)
            ? new ValueTask<bool>(false)
            : _now.ReadAsync(
                async connection =>
                {
                    NpgsqlCommand command = new(_all.Server.Sql["lease-current"], connection);
                    await using (command.ConfigureAwait(false))
                    {
                        command.Parameters.Put(_context.Id);
                        command.Parameters.Put(held.Id);
                        command.Parameters.Put(lease.Open);
                        command.Parameters.Put(lease.Number);
                        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None)
                            .ConfigureAwait(false))!;
                    }
                },
                cancellationToken);

    protected override void ListenForExpiry(bool listens) => _context.Expiry.Listen(this, listens);

    internal static byte[] ReasonBytes(string reason) => Encoding.UTF8.GetBytes(
        reason.Length <= MaxReasonChars ? reason : reason[..MaxReasonChars]);

    /// <summary>There may be something to receive.</summary>
    internal void Wake() => _claims.Wake();

    /// <exception cref="LeaseLostException">This instance has not given it, or it is settled.</exception>
    internal HeldLease Require(LeaseToken lease)
    {
        RequireOpen();
        return _context.Leases.TryGet(lease, out HeldLease held)
            ? held
            : throw new LeaseLostException(Name, lease);
    }

    internal LeaseOfMessage Named(LeaseToken lease, HeldLease held) =>
        new(_context.Id, Name, held.Id, lease, held.Group);

    /// <summary>A batch has acknowledged it.</summary>
    internal void Acknowledged(LeaseToken lease)
    {
        if (_context.Leases.TryGet(lease, out HeldLease held))
        {
            Left(held);
        }

        _context.Leases.Remove(lease);
        _context.Counters.Add(Counters.Count.Acknowledged);
    }

    /// <summary>What became of a message that was to be removed by its id; by a code of functions.sql.</summary>
    internal MessageDeletion Deleted(int code)
    {
        if (code == 1)
        {
            // It may have been the first of a group.
            _context.Counters.Add(Counters.Count.Deleted);
            Shared.Peers.LookAtAll();
            Shared.Peers.Wake();
        }

        return code switch
        {
            0 => MessageDeletion.NotFound,
            1 or 2 => MessageDeletion.Deleted,
            _ => MessageDeletion.Leased,
        };
    }

    /// <summary>A batch has enqueued something.</summary>
    internal void Enqueued(MessageOfQueue message)
    {
        _context.Counters.Add(Counters.Count.Enqueued);
        Arrived(message, message.Id);
        Shared.Peers.Wake();
    }

    /// <summary>What the objects of this queue share.</summary>
    internal SharedQueue Shared { get; }

    internal void Tell(LeaseExpiredEventArgs lease) => RaiseLeaseExpired(lease);

    /// <summary>The instruments show the queue by this object.</summary>
    internal void Show() => _shown = ShowStatistics();

    /// <summary>False where they did not.</summary>
    internal bool TryHide()
    {
        _shown?.Dispose();
        return _shown is not null;
    }

    internal void Delivered(PeekedMessage message) => NoteDelivered(message.EnqueuedAt);

    /// <summary>A dead letter is enqueued anew.</summary>
    internal void Replayed(int lane, long id)
    {
        _context.Counters.Add(Counters.Count.Enqueued);
        Shared.Peers.Back(lane, id);
        Shared.Peers.Wake();
    }

    internal LaneCursors Cursors => _context.Cursors;

    internal void RequireOpen() => ObjectDisposedException.ThrowIf(_isClosed, typeof(DurableQueue));

    private void Arrived(MessageOfQueue message, long id)
    {
        if (message.Message is { DelayTicks: 0, DueTicks: 0 })
        {
            Shared.Peers.Back(message.Message.Lane, id);
        }
    }

    private TimeSpan CheckDuration(TimeSpan? asked, string parameter)
    {
        TimeSpan duration = asked ?? Options.LeaseDuration;
        ArgumentOutOfRangeException.ThrowIfLessThan(
            duration, TimeSpan.FromMilliseconds(1), parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, LongestLease, parameter);
        return duration;
    }

    private MessageOfQueue Of(QueueMessage message) =>
        new(_context.Id, Name, _context.Rules, OutgoingMessage.Of(message, Options));

    private async Task<EnqueueResult[]> PutAsync(
        List<MessageOfQueue> messages, Durability level, CancellationToken cancellationToken)
    {
        long[] ids = await _context.Writes.RunAsync(
            new EnqueueRequest(messages, level), cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < ids.Length; i++)
        {
            Arrived(messages[i], ids[i]);
        }

        _context.Counters.Add(Counters.Count.Enqueued, ids.Length);
        Shared.Peers.Wake();
        return Array.ConvertAll(ids, id => new EnqueueResult(id, EnqueueOutcome.Enqueued));
    }

    private async Task<EnqueueResult[]> TryEnqueueAsync(
        List<MessageOfQueue> messages, Durability level, CancellationToken cancellationToken)
    {
        JudgedEnqueues outcome;
        try
        {
            outcome = await _context.Writes.RunAsync(
                new TryEnqueueRequest(messages, level), cancellationToken).ConfigureAwait(false);
        }
        catch (QueueFullException)
        {
            _context.Counters.Add(Counters.Count.Rejected, messages.Count);
            throw;
        }

        EnqueueResult[] results = new EnqueueResult[messages.Count];
        for (int i = 0; i < results.Length; i++)
        {
            bool isNew = outcome.AreNew[i];
            results[i] = new EnqueueResult(
                outcome.Ids[i], isNew ? EnqueueOutcome.Enqueued : EnqueueOutcome.Duplicate);
            _context.Counters.Add(isNew ? Counters.Count.Enqueued : Counters.Count.Duplicates);
            if (isNew)
            {
                Arrived(messages[i], outcome.Ids[i]);
            }
        }

        _context.Counters.Add(Counters.Count.Dropped, outcome.Dropped);
        Shared.Peers.Wake();
        return results;
    }

    private async Task<IReadOnlyList<QueueDelivery>> WaitAsync(
        Receiver receiver, TimeSpan wait, CancellationToken cancellationToken)
    {
        // A look that is on its way is waited for: only waiting for messages is bounded.
        TimeSpan bound = wait == TimeSpan.Zero ? Timeout.InfiniteTimeSpan : wait;
        try
        {
            return await receiver.Done.WaitAsync(bound, Engine.TimeProvider, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _claims.Remove(receiver);
            return receiver.TryLeave() ? [] : await receiver.Done.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _claims.Remove(receiver);
            if (!receiver.TryLeave() && receiver.Done.IsCompletedSuccessfully)
            {
                return await receiver.Done.ConfigureAwait(false);
            }

            throw;
        }
    }

    private async Task<Settled> ActAsync(
        LeaseToken lease, SettleRequest request, CancellationToken cancellationToken)
    {
        Settled done = await _context.Writes.RunAsync(request, cancellationToken)
            .ConfigureAwait(false);
        if (done.Code == 0)
        {
            _context.Leases.Remove(lease);
            throw new LeaseLostException(Name, lease);
        }

        return done;
    }

    private async Task GiveUpAsync(LeaseToken lease, HeldLease held)
    {
        try
        {
            await ActAsync(
                lease,
                new SettleRequest(
                    Settlement.GiveBack, Named(lease, Require(lease)), Durability.ProcessCrash),
                CancellationToken.None).ConfigureAwait(false);
            _context.Leases.Remove(lease);
            ComesBack(held);
        }
        catch (Exception error) when (error is LogEngineException or ObjectDisposedException)
        {
            // It ends by itself, in time.
        }
    }

    /// <summary>A message is gone: the next one of its group, if it has one, can be received.</summary>
    private void Left(HeldLease held)
    {
        if (held.Group is not null)
        {
            Shared.Peers.BackBehind(held.Id);
            Shared.Peers.Wake();
        }
    }

    private void ComesBack(HeldLease held)
    {
        Shared.Peers.Back(held.Lane, held.Id);
        Shared.Peers.Wake();
    }

    private async Task<IReadOnlyList<PeekedMessage>> PeekAsync(NpgsqlConnection connection, int maxMessages)
    {
        NpgsqlCommand command = new(_all.Server.Sql["peek"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(_context.Id);
            command.Parameters.Put((long)maxMessages);
            List<PeekedMessage> found = [];
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    found.Add(MessageRow.Of(
                        row.GetInt64(0), row.GetInt16(1), row.GetInt32(2), row.GetInt64(3),
                        MessageBytes.At(row, 4)));
                }
            }

            return found;
        }
    }

    private async Task<DateTimeOffset?> GetOldestReadyAsync(NpgsqlConnection connection)
    {
        NpgsqlCommand command = new(_all.Server.Sql["oldest-ready"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(_context.Id);
            return await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false) is long ticks
                ? new DateTimeOffset(ticks, TimeSpan.Zero)
                : null;
        }
    }

    private async Task CloseAsync()
    {
        _isClosed = true;
        await _context.Expiry.LeaveAsync(this).ConfigureAwait(false);
        await _claims.CloseAsync(new ObjectDisposedException(nameof(DurableQueue)))
            .ConfigureAwait(false);
        foreach (long[] some in _context.Leases.IdsOf(this).Chunk(1000))
        {
            await _context.ReleaseAsync(1, _context.Leases.LastNumber, some, counted: true)
                .ConfigureAwait(false);
        }

        _all.Leave(this);
    }
}
