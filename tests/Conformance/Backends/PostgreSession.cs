using LogEngine.PostgreSql;
using LogEngine.Storage;
using Npgsql;

namespace LogEngine.Conformance.Backends;

/// <summary>What a step is to an engine on PostgreSQL.</summary>
internal enum PostgreStep
{
    /// <summary>The engine is closed and opened.</summary>
    Reopen,

    /// <summary>Another process goes on, which has the same database open all the time.</summary>
    OtherProcess,

    /// <summary>The server is killed and started.</summary>
    KillServer,
}

/// <summary>
/// An engine in a schema of its own of a real server. The server's clock is one that the case moves, as it moves that of the
/// engine: a function of the schema says what time it is.
/// </summary>
internal sealed class PostgreSession : StoreSession
{
    private static int _count;

    private readonly PostgreServer _server;
    private readonly PostgreStep _step;
    private readonly ManualTime _time = new();
    private readonly string _schema = $"case_{Interlocked.Increment(ref _count)}";
    private StorageEngine? _other;

    private PostgreSession(PostgreServer server, PostgreStep step)
    {
        _server = server;
        _step = step;
    }

    internal override TimeProvider Time => _time;

    internal override bool LosesUnsynced => _step == PostgreStep.KillServer;

    protected override IFileSystem Files =>
        throw new NotSupportedException("The files are the server's.");

    protected override string Directory =>
        throw new NotSupportedException("The directory is the server's.");

    internal static async Task<StoreSession> OpenAsync(PostgreServer server, PostgreStep step)
    {
        PostgreSession session = new(server, step);
        session.Engine = await session.OpenEngineAsync();
        await server.ExecuteAsync(
            $"create table {session._schema}.clock (ticks bigint not null);"
            + $"insert into {session._schema}.clock values ({session._time.GetUtcNow().UtcTicks});"
            + $"create or replace function {session._schema}.now_ticks() returns bigint "
            + $"language sql stable as 'select ticks from {session._schema}.clock'");
        if (step == PostgreStep.OtherProcess)
        {
            session._other = await session.OpenEngineAsync();
        }

        return session;
    }

    internal override void Advance(TimeSpan by)
    {
        using NpgsqlConnection connection = new(_server.ConnectionString + ";Pooling=false");
        connection.Open();
        using NpgsqlCommand command = new(
            $"update {_schema}.clock set ticks = ticks + {by.Ticks}", connection);
        command.ExecuteNonQuery();
        _time.Advance(by);
    }

    internal override async Task StepAsync()
    {
        if (_step == PostgreStep.KillServer)
        {
            await _server.KillAsync();
            await _server.StartAsync();
        }

        await CloseQueueAsync();
        if (_other is { } other)
        {
            _other = Engine;
            Engine = other;
            return;
        }

        await Engine.CloseAsync();
        Engine = await OpenEngineAsync();
    }

    internal override Task AtOnceAsync(int tasks, Func<int, Task> work) =>
        Task.WhenAll(Enumerable.Range(0, tasks).Select(task => Task.Run(() => work(task))));

    public override async ValueTask DisposeAsync()
    {
        await CloseQueueAsync();
        await Engine.DisposeAsync();
        if (_other is { } other)
        {
            await other.DisposeAsync();
        }

        await _server.ExecuteAsync($"drop schema {_schema} cascade");
    }

    private async Task<StorageEngine> OpenEngineAsync() => await PostgreSqlEngine.OpenAsync(
        new PostgreSqlEngineOptions
        {
            ConnectionString = _server.ConnectionString,
            Schema = _schema,
            TimeProvider = _time,
            MaxReadConnections = 8,

            // A case asks for a place in the past: by then the keyspace must have been recording.
            WatchedKeyspaces = ["keys"],
        });
}
