using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql.Writing;

/// <summary>
/// One connection that commits groups, one after the other. Each group has a number in the row of this client: by it a
/// group cannot be committed twice, and what became of one whose connection was lost is asked.
/// </summary>
/// <remarks>
/// The order that makes it right: the number is written by the last statement of the group itself. A question about a group takes the
/// number for itself where the group has not; then the group, should it still be on its way somewhere, finds its
/// number taken and is rolled back. So after an answer nothing changes any more.
/// </remarks>
internal sealed class GroupWriter(
    Server server,
    NameIds keyspaces,
    GroupQueue queue,
    ChangeSignals signals,
    CommitCounts counts,
    ILogger logger,
    CancellationToken stopping)
{
    private NpgsqlConnection? _connection;
    private Server.Confirmation _confirmation = new();

    /// <summary>This client; another one after an outcome that could not be found out.</summary>
    private long _client;

    /// <summary>Number of the last group that is decided.</summary>
    private long _number;

    /// <summary>The primary that the connection was made to.</summary>
    private int _term;

    internal long Client => Volatile.Read(ref _client);

    internal async Task RunAsync()
    {
        while (await queue.WaitAsync().ConfigureAwait(false))
        {
            List<WriteRequest> requests = queue.Take();
            try
            {
                if (requests.Count > 0)
                {
                    await WriteAsync(requests).ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                // Not foreseen: whoever waits is told, and the next group is another client's.
                await LetGoAsync().ConfigureAwait(false);
                FailUndetermined(requests, _number + 1, error);
                _client = 0;
            }
        }

        await LetGoAsync().ConfigureAwait(false);
    }

    private async Task WriteAsync(IReadOnlyList<WriteRequest> requests)
    {
        Backoff backoff = new(server.RetryTime);
        while (true)
        {
            try
            {
                await ConnectAsync().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                await LetGoAsync().ConfigureAwait(false);
                if (!Failures.IsLost(error) || Failures.IsHopeless(error)
                    || !await backoff.WaitAsync(stopping).ConfigureAwait(false))
                {
                    Fail(requests, Failures.Translate(error, server.Name));
                    return;
                }

                PostgreSqlMetrics.Retried("connection");
                continue;
            }

            if (await TryWriteAsync(requests, backoff).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    /// <summary>Commits them once; false where they are to be tried again.</summary>
    private async Task<bool> TryWriteAsync(IReadOnlyList<WriteRequest> requests, Backoff backoff)
    {
        Group? group = null;
        try
        {
            group = Group.Of(requests);
            long begun = Stopwatch.GetTimestamp();
            await CommitAsync(group).ConfigureAwait(false);
            await ConfirmAsync(group).ConfigureAwait(false);
            counts.Add(requests.Count, begun);
        }
        catch (Exception error) when (group is not null && Failures.IsCollision(error))
        {
            // Rolled back: somebody else was in the way.
            LogEvents.Collided(logger, server.Name, error);
            PostgreSqlMetrics.Retried("collision");
            return await EndUnlessAgainAsync(requests, error, backoff).ConfigureAwait(false);
        }
        catch (Exception error) when (group is not null && Failures.IsLost(error))
        {
            LogEvents.CommitInDoubt(logger, server.Name, requests.Count, error);
            await LetGoAsync().ConfigureAwait(false);
            return await ResolveAsync(group, error, backoff).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState == Failures.Decided)
        {
            // The client's row is not as it was left: it was removed, or the server is one that has not got it.
            _client = 0;
            return await EndUnlessAgainAsync(requests, error, backoff).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await RefusedAsync(requests, error).ConfigureAwait(false);
            return true;
        }

        _number++;
        Complete(group);
        return true;
    }

    /// <summary>Rolled back, for a reason of one of them: each on its own finds out whose.</summary>
    private async Task RefusedAsync(IReadOnlyList<WriteRequest> requests, Exception error)
    {
        if (requests.Count == 1)
        {
            Fail(requests, Failures.Translate(error, server.Name));
            return;
        }

        foreach (WriteRequest request in requests)
        {
            await WriteAsync([request]).ConfigureAwait(false);
        }
    }

    private async Task<bool> EndUnlessAgainAsync(
        IReadOnlyList<WriteRequest> requests, Exception error, Backoff backoff)
    {
        if (await backoff.WaitAsync(stopping).ConfigureAwait(false))
        {
            return false;
        }

        Fail(requests, Failures.Translate(error, server.Name));
        return true;
    }

    private async Task CommitAsync(Group group)
    {
        if (group.Durability == Durability.MachineLoss)
        {
            server.ConfirmClaims();
        }

        _confirmation = new Server.Confirmation();
        _connection!.Notice += _confirmation.Note;
        try
        {
            NpgsqlBatch batch = new(_connection);
            await using (batch.ConfigureAwait(false))
            {
                group.AddTo(batch, server.Sql);
                NpgsqlParameterCollection finish = Group.New(batch, server.Sql["finish"]);
                finish.Put(_client);
                finish.Put(_number + 1);
                finish.Put(LevelOf(group.Durability));
                finish.Put(group.Durability == Durability.MachineLoss);

                // No token: a cancelled commit would be reported as a success that the standby has not got.
                NpgsqlDataReader reader = await batch.ExecuteReaderAsync(CancellationToken.None)
                    .ConfigureAwait(false);
                await using (reader.ConfigureAwait(false))
                {
                    await group.ReadAsync(reader).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _connection.Notice -= _confirmation.Note;
        }
    }

    /// <summary>
    /// Where the server said that something ended its wait for the standby, the commit is there and may be lost with its
    /// machine: a commit behind it is waited for, which the standby has only with this one.
    /// </summary>
    private async Task ConfirmAsync(Group group)
    {
        try
        {
            _confirmation.Require();
        }
        catch (UnconfirmedException) when (group.Durability == Durability.MachineLoss)
        {
            await server.BarrierAsync(_connection!).ConfigureAwait(false);
        }
        catch (UnconfirmedException)
        {
            // Nobody has asked for more.
        }
    }

    private async Task<bool> ResolveAsync(Group group, Exception error, Backoff backoff)
    {
        long number = _number + 1;
        (bool IsCommitted, byte[] Answers)? found = await DecideAsync(number).ConfigureAwait(false);
        if (found is not { } decided)
        {
            LogEvents.OutcomeUnknown(logger, server.Name, group.Requests.Count, error);
            PostgreSqlMetrics.Doubted("unknown");
            FailUndetermined(group.Requests, number, error);
            _client = 0;
            return true;
        }

        _number = number;
        string outcome = decided.IsCommitted ? "committed" : "not committed";
        LogEvents.DoubtResolved(logger, server.Name, outcome);
        PostgreSqlMetrics.Doubted(outcome);
        if (decided.IsCommitted)
        {
            group.Recall(decided.Answers);
            Complete(group);
            return true;
        }

        PostgreSqlMetrics.Retried("connection");
        return await EndUnlessAgainAsync(group.Requests, error, backoff).ConfigureAwait(false);
    }

    private async Task<(bool IsCommitted, byte[] Answers)?> DecideAsync(long number)
    {
        Backoff patience = new(server.RetryTime);
        do
        {
            try
            {
                NpgsqlConnection connection = await server.OpenOnceAsync().ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    (bool, byte[]) answer = await AskAsync(connection, number).ConfigureAwait(false);

                    // What is answered from now on is not taken back.
                    await server.BarrierAsync(connection).ConfigureAwait(false);
                    return answer;
                }
            }
            catch (Exception error) when (Failures.IsLost(error) || Failures.IsCollision(error))
            {
                // The server is not there yet, or the transaction is still at it.
            }
            catch (PostgresException error)
            {
                LogEvents.MaintenanceFailed(logger, server.Name, error);
                return null;
            }
        }
        while (await patience.WaitAsync(CancellationToken.None).ConfigureAwait(false));

        return null;
    }

    private async Task<(bool IsCommitted, byte[] Answers)> AskAsync(NpgsqlConnection connection, long number)
    {
        NpgsqlCommand command = new(server.Sql["decide"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(_client);
            command.Parameters.Put(number);
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                await row.ReadAsync(CancellationToken.None).ConfigureAwait(false);
                return (
                    row.GetBoolean(0),
                    await row.IsDBNullAsync(1).ConfigureAwait(false) ? [] : row.GetFieldValue<byte[]>(1));
            }
        }
    }

    private async Task ConnectAsync()
    {
        if (_term != server.Term)
        {
            // One that was replaced goes on taking writes, for nothing.
            await LetGoAsync().ConfigureAwait(false);
        }

        if (_connection is null)
        {
            _term = server.Term;
            _connection = await server.OpenOnceAsync().ConfigureAwait(false);
        }

        if (_client != 0)
        {
            return;
        }

        long client = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        NpgsqlCommand command = new(server.Sql["register"], _connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(client);
            await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }

        _number = 0;
        Volatile.Write(ref _client, client);
    }

    /// <summary>Each is told by its own keys; the id is that of the row that would have told.</summary>
    private void FailUndetermined(
        IReadOnlyList<WriteRequest> requests, long number, Exception error)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"{_client}/{number}");
        foreach (WriteRequest request in requests)
        {
            request.Fail(new UndeterminedCommitException(
                $"the connection to {server.Name} was lost on the way, and it did not say within "
                + $"{server.RetryTime} what became of it",
                [.. request.Keys.Select(key => new WrittenKey(keyspaces.NameOf(key.Keyspace), key.Key))],
                id,
                error));
        }
    }

    private async Task LetGoAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static string LevelOf(Durability durability) => durability switch
    {
        Durability.MachineLoss => "on",
        Durability.PowerLoss => "local",
        _ => "off",
    };

    private void Complete(Group group)
    {
        PostgreSqlMetrics.Committed(group.Requests.Count);
        signals.Changed(group.Keyspaces);
        foreach (WriteRequest request in group.Requests)
        {
            request.Complete();
        }
    }

    private static void Fail(IReadOnlyList<WriteRequest> requests, Exception error)
    {
        foreach (WriteRequest request in requests)
        {
            request.Fail(error);
        }
    }
}
