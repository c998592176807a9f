using System.Diagnostics.CodeAnalysis;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Queues;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql.Writing;

/// <summary>One operation that is judged.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value, or the end of a range.</param>
/// <param name="ExpiresTicks">The expiry; 0 for none.</param>
/// <param name="Expected">The version that the key must have; null where none is asked for.</param>
internal readonly record struct Judgement(
    WriteOperationKind Kind, byte[] Key, byte[]? Value, long ExpiresTicks, long? Expected);

/// <summary>A batch's part that says whose transaction it is carried out in.</summary>
/// <param name="Transaction">The caller's.</param>
internal sealed record UserTransaction(NpgsqlTransaction Transaction);

/// <summary>The way of writes: requests are made here, and committed in groups by a few connections.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Writes
{
    private readonly NameIds _keyspaces;
    private readonly VersionSource _versions;
    private readonly GroupQueue _queue = new();
    private readonly GroupWriter[] _writers;
    private readonly Task _running;
    private readonly CancellationToken _stopping;

    internal Writes(
        Server server,
        NameIds keyspaces,
        ChangeSignals signals,
        int connections,
        ILogger logger,
        CancellationToken stopping)
    {
        _keyspaces = keyspaces;
        _stopping = stopping;
        _versions = new VersionSource(server, stopping);
        _writers = new GroupWriter[connections];
        for (int i = 0; i < connections; i++)
        {
            _writers[i] = new GroupWriter(
                server, keyspaces, _queue, signals, Counts, logger, stopping);
        }

        _running = Task.WhenAll(_writers.Select(writer => Task.Run(writer.RunAsync)));
    }

    internal CommitCounts Counts { get; } = new();

    /// <summary>Rows of clients that are this process.</summary>
    internal long[] Clients => [.. _writers.Select(w => w.Client).Where(client => client != 0)];

    internal static long Ticks(DateTimeOffset? at) => at is { } time ? Math.Max(1, time.UtcTicks) : 0;

    /// <summary>Gives a key a value, or takes it away; gives the version.</summary>
    internal async ValueTask<long> PointAsync(
        string keyspace,
        byte[] key,
        byte[]? value,
        long expiresTicks,
        Durability durability,
        CancellationToken cancellationToken)
    {
        RequireNotCanceled(cancellationToken);
        int id = await IdAsync(keyspace).ConfigureAwait(false);
        long version = await _versions.TakeAsync(1).ConfigureAwait(false);
        PointWrites request = new(
            [new PointWrite(id, key, value, version, expiresTicks)],
            key.Length + (value?.Length ?? 0) + 64,
            durability);
        await RunAsync(request, cancellationToken).ConfigureAwait(false);
        return version;
    }

    /// <summary>
    /// Carries out one operation that is judged. Where it is done, <see cref="ApplyAnswer.Actual"/> is its version.
    /// </summary>
    internal async ValueTask<ApplyAnswer> JudgeAsync(
        string keyspace, Judgement judged, Durability durability, CancellationToken cancellationToken)
    {
        RequireNotCanceled(cancellationToken);
        int id = await IdAsync(keyspace).ConfigureAwait(false);
        long version = await _versions.TakeAsync(1).ConfigureAwait(false);
        ApplyRequest request = new(durability) { FirstVersion = version };
        if (judged.Expected is { } expected)
        {
            request.Require(id, judged.Key, expected);
        }

        request.Add(judged.Kind, id, judged.Key, judged.Value, judged.ExpiresTicks);
        ApplyAnswer answer = await RunAsync(request, cancellationToken).ConfigureAwait(false);
        return answer.IsDone ? answer with { Actual = version } : answer;
    }

    /// <summary>Commits a batch that has been taken.</summary>
    internal async ValueTask<CommitResult> CommitAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        RequireNotCanceled(cancellationToken);
        int[] ids = await IdsAsync(batch).ConfigureAwait(false);
        long first = await FirstVersionAsync(batch).ConfigureAwait(false);
        if (first > 0 && PointsOf(batch, ids, first) is { } points)
        {
            await RunAsync(new PointWrites(points, batch.PayloadBytes, durability), cancellationToken)
                .ConfigureAwait(false);
            return new CommitResult(true, Versions(batch, first), null);
        }

        if (first == 0 && durability < Durability.PowerLoss)
        {
            // A version that a key holds, and that was told, must not be given again after a loss of the server.
            durability = Durability.PowerLoss;
        }

        ApplyRequest request = RequestOf(batch, ids, first, durability);
        ApplyAnswer answer = await RunAsync(request, cancellationToken).ConfigureAwait(false);
        return Judged(batch, answer, first);
    }

    /// <summary>
    /// Carries a batch out in a transaction of the caller's. What it says is final once that is committed.
    /// </summary>
    internal async Task<CommitResult> EnlistAsync(
        WriteBatch batch,
        NpgsqlTransaction transaction,
        Server server,
        CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = transaction.Connection
            ?? throw new InvalidOperationException("The transaction has ended.");
        int[] ids = await IdsAsync(batch).ConfigureAwait(false);
        long first = await FirstVersionAsync(batch).ConfigureAwait(false);
        ApplyRequest request = RequestOf(batch, ids, first, Durability.PowerLoss);
        Group group = Group.Of([request]);
        NpgsqlBatch statements = new(connection, transaction);
        await using (statements.ConfigureAwait(false))
        {
            group.AddTo(statements, server.Sql);
            NpgsqlDataReader reader = await statements.ExecuteReaderAsync(cancellationToken)
                .ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                await group.ReadAsync(reader).ConfigureAwait(false);
            }
        }

        request.Complete();
        return Judged(batch, await request.Done.ConfigureAwait(false), first);
    }

    /// <summary>Removes a keyspace; false where there was none.</summary>
    internal async ValueTask<bool> DropAsync(
        string keyspace, Durability durability, CancellationToken cancellationToken)
    {
        ApplyAnswer answer = await JudgeAsync(
            keyspace,
            new Judgement(WriteOperationKind.DropKeyspace, [], null, 0, null),
            durability,
            cancellationToken).ConfigureAwait(false);
        return answer.Hit != 0;
    }

    /// <summary>Has something written; the wait for it can be cancelled, the write cannot.</summary>
    internal async Task<T> RunAsync<T>(WriteRequest<T> request, CancellationToken cancellationToken)
    {
        RequireNotCanceled(cancellationToken);
        _queue.Add(request);
        if (!cancellationToken.CanBeCanceled)
        {
            return await request.Done.ConfigureAwait(false);
        }

        try
        {
            return await request.Done.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return request.Done.IsCompleted
                ? await request.Done.ConfigureAwait(false)
                : throw new AppendCanceledException(mayBeWritten: true, cancellationToken);
        }
    }

    /// <summary>Has something written that nobody waits for.</summary>
    internal void Send(WriteRequest request)
    {
        try
        {
            _queue.Add(request);
        }
        catch (ObjectDisposedException error)
        {
            request.Fail(error);
        }
    }

    /// <summary>Takes nothing more, and completes once what was taken is decided.</summary>
    internal Task CloseAsync()
    {
        _queue.Close();
        return _running;
    }

    /// <exception cref="AppendCanceledException">Nothing was written.</exception>
    internal static void RequireNotCanceled(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            throw new AppendCanceledException(mayBeWritten: false, cancellationToken);
        }
    }

    /// <summary>Version of the first operation; 0 where the server is to give it, since a key holds one.</summary>
    private ValueTask<long> FirstVersionAsync(WriteBatch batch)
    {
        for (int i = 0; i < batch.Count; i++)
        {
            if (batch.GetOperation(i).SequenceAt >= 0)
            {
                return new ValueTask<long>(0);
            }
        }

        return _versions.TakeAsync(Math.Max(1, batch.Count));
    }

    private static SequenceRange Versions(WriteBatch batch, long first) =>
        new(first, first + batch.Count - 1);

    private static PointWrite[]? PointsOf(WriteBatch batch, int[] ids, long first)
    {
        if (batch.ConditionCount > 0 || batch.Parts.Count > 0 || batch.Count == 0)
        {
            return null;
        }

        PointWrite[] points = new PointWrite[batch.Count];
        for (int i = 0; i < points.Length; i++)
        {
            WriteOperation operation = batch.GetOperation(i);
            switch (operation.Kind)
            {
                case WriteOperationKind.Put:
                    points[i] = new PointWrite(
                        ids[i], operation.Key.ToArray(), operation.Value.ToArray(), first + i,
                        Ticks(operation.ExpiresAt));
                    break;
                case WriteOperationKind.Delete:
                    points[i] = new PointWrite(ids[i], operation.Key.ToArray(), null, first + i, 0);
                    break;
                default:
                    return null;
            }
        }

        return points;
    }

    private static ApplyRequest RequestOf(
        WriteBatch batch, int[] ids, long first, Durability durability)
    {
        ApplyRequest request = new(durability) { FirstVersion = first };
        for (int i = 0; i < batch.Count; i++)
        {
            WriteOperation operation = batch.GetOperation(i);
            request.Add(
                operation.Kind, ids[i], operation.Key.ToArray(), operation.Value.ToArray(),
                Ticks(operation.ExpiresAt), operation.SequenceAt);
        }

        for (int i = 0; i < batch.ConditionCount; i++)
        {
            WriteCondition condition = batch.GetCondition(i);
            request.Require(ids[batch.Count + i], condition.Key.ToArray(), condition.Version);
        }

        foreach (object part in batch.Parts)
        {
            switch (part)
            {
                case LeaseOfMessage lease:
                    request.Acknowledge(lease);
                    break;
                case DeletionOfMessage deletion:
                    request.Delete(deletion);
                    break;
                case MessageOfQueue message:
                    request.Enqueue(message);
                    break;
                case UserTransaction:
                    break;
                default:
                    throw new ArgumentException(
                        $"A batch of this engine has no parts of type {part.GetType()}.", nameof(batch));
            }
        }

        return request;
    }

    private static CommitResult Judged(WriteBatch batch, ApplyAnswer answer, long first)
    {
        if (answer.IsDone)
        {
            return new CommitResult(true, Versions(batch, first == 0 ? answer.First : first), null);
        }

        if (answer.Code < ApplyAnswer.FirstLease)
        {
            WriteCondition condition = batch.GetCondition(answer.Code);
            return new CommitResult(
                false,
                default,
                new Conflict(condition.Keyspace.Name, condition.Key, condition.Version, answer.Actual));
        }

        if (answer.Code < ApplyAnswer.FirstDuplicate)
        {
            LeaseOfMessage lease = batch.Parts.OfType<LeaseOfMessage>()
                .ElementAt(answer.Code - ApplyAnswer.FirstLease);
            throw new LeaseLostException(lease.QueueName, lease.Token);
        }

        bool isDuplicate = answer.Code < ApplyAnswer.FirstFull;
        MessageOfQueue message = batch.Parts.OfType<MessageOfQueue>().ElementAt(
            answer.Code - (isDuplicate ? ApplyAnswer.FirstDuplicate : ApplyAnswer.FirstFull));
        return isDuplicate
            ? new CommitResult(
                false,
                default,
                new Conflict($"queue/{message.QueueName}/dedupe", message.Message.Unique, 0, 1))
            : throw new QueueFullException(message.QueueName, message.LimitText);
    }

    private ValueTask<int> IdAsync(string keyspace) => _keyspaces.TryGet(keyspace, out int id)
        ? new ValueTask<int>(id)
        : _keyspaces.MakeAsync(keyspace, _stopping);

    /// <summary>Numbers of the keyspaces of operations, then of conditions.</summary>
    [SuppressMessage("Performance", "CA1859", Justification = "The batch is what it is.")]
    private async ValueTask<int[]> IdsAsync(WriteBatch batch)
    {
        int[] ids = new int[batch.Count + batch.ConditionCount];
        for (int i = 0; i < ids.Length; i++)
        {
            string name = i < batch.Count
                ? batch.GetOperation(i).Keyspace.Name
                : batch.GetCondition(i - batch.Count).Keyspace.Name;
            ids[i] = await IdAsync(name).ConfigureAwait(false);
        }

        return ids;
    }
}
