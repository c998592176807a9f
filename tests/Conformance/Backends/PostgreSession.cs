using LogEngine.PostgreSql;
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
internal sealed class PostgreSession : ConformanceSession
{
    private static int _count;

    private readonly PostgreServer _server;
    private readonly PostgreStep _step;
    private readonly string _schema = $"case_{Interlocked.Increment(ref _count)}";
    private StorageEngine? _other;

    internal PostgreSession(PostgreServer server, PostgreStep step)
    {
        _server = server;
        _step = step;
    }

    public override bool LosesUnsynced => _step == PostgreStep.KillServer;

    public override async Task StartAsync()
    {
        await base.StartAsync();
        await _server.ExecuteAsync(
            $"create table {_schema}.clock (ticks bigint not null);"
            + $"insert into {_schema}.clock values ({Time.GetUtcNow().UtcTicks});"
            + $"create or replace function {_schema}.now_ticks() returns bigint "
            + $"language sql stable as 'select ticks from {_schema}.clock'");
        if (_step == PostgreStep.OtherProcess)
        {
            _other = await OpenEngineAsync();
        }
    }

    public override void Advance(TimeSpan by)
    {
        using NpgsqlConnection connection = new(_server.ConnectionString + ";Pooling=false");
        connection.Open();
        using NpgsqlCommand command = new(
            $"update {_schema}.clock set ticks = ticks + {by.Ticks}", connection);
        command.ExecuteNonQuery();
        base.Advance(by);
    }

    public override async Task StepAsync()
    {
        if (_step == PostgreStep.KillServer)
        {
            await _server.KillAsync();
            await _server.StartAsync();
        }

        if (_other is { } other)
        {
            await CloseQueueAsync();
            (_other, Engine) = (Engine, other);
            return;
        }

        await base.StepAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_other is { } other)
        {
            await other.DisposeAsync();
        }

        await _server.ExecuteAsync($"drop schema if exists {_schema} cascade");
    }

    protected override async ValueTask<StorageEngine> OpenEngineAsync() => await PostgreSqlEngine.OpenAsync(
        new PostgreSqlEngineOptions
        {
            ConnectionString = _server.ConnectionString,
            Schema = _schema,
            TimeProvider = Time,
            MaxReadConnections = 8,

            // A case asks for a place in the past: by then the keyspace must have been recording.
            WatchedKeyspaces = ["keys"],
        });
}
