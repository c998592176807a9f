using LogEngine.PostgreSql.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql.Connections;

/// <summary>
/// The way to the server. Every connection that is made begins with a commit of its own, which waits until the
/// standby has all that this connection could show: what is shown is not taken back.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Server : IAsyncDisposable
{
    private const string WaitCanceled = "01000";

    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _readers;
    private readonly ILogger _logger;
    private readonly Succession _succession = new();
    private readonly int _connectSeconds;
    private volatile bool _confirmsClaims;

    internal Server(PostgreSqlEngineOptions options, Statements sql, ILogger logger)
    {
        Sql = sql;
        _logger = logger;
        RetryTime = options.RetryTime;
        _confirmsClaims = options.DefaultDurability == Durability.MachineLoss;
        NpgsqlConnectionStringBuilder text = new(options.ConnectionString)
        {
            // A cancelled wait for the standby is reported as success: nothing here is ever cancelled. A
            // connection without an answer is given up instead.
            CancellationTimeout = -1,
            CommandTimeout = (int)Math.Ceiling(options.ResponseTimeout.TotalSeconds),
            MaxAutoPrepare = 60,
            AutoPrepareMinUsages = 2,
            NoResetOnClose = true,
            Enlist = false,
            MaxPoolSize = options.MaxReadConnections + options.WriteConnections + 3,
        };
        text.ApplicationName ??= "LogEngine";
        text.Timeout = Math.Min(text.Timeout, 15);
        _connectSeconds = text.Timeout > 0 ? text.Timeout : text.CommandTimeout;
        if (text.Host?.Contains(',', StringComparison.Ordinal) == true)
        {
            text.TargetSessionAttributes ??= "primary";
            text.HostRecheckSeconds = 0;
        }

        Name = $"PostgreSQL {text.Host}:{text.Port}/{text.Database} ({sql.Schema})";
        _readers = new SemaphoreSlim(options.MaxReadConnections);
        NpgsqlSlimDataSourceBuilder builder = new(text.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        builder.EnableIntegratedSecurity();
        builder.UsePhysicalConnectionInitializer(Begin, BeginAsync);
        options.ConfigureDataSource?.Invoke(builder);
        _source = builder.Build();
    }

    internal Statements Sql { get; }

    /// <summary>What it is called in messages; without password.</summary>
    internal string Name { get; }

    internal TimeSpan RetryTime { get; }

    internal NpgsqlDataSource Source => _source;

    /// <summary>Another number once a primary was replaced: connections from before are not to be used.</summary>
    internal int Term => _succession.Term;

    /// <summary>
    /// Somebody here asks for the loss of a machine: messages are leased by a primary that still has its standby, or
    /// one that was replaced would hand out what its successor has seen acknowledged.
    /// </summary>
    internal bool ConfirmsClaims => _confirmsClaims;

    /// <summary>A write has asked for it.</summary>
    internal void ConfirmClaims() => _confirmsClaims = true;

    /// <summary>Room for one more who reads; dispose it with the connection.</summary>
    internal async ValueTask<ReadRoom> EnterReadAsync(CancellationToken cancellationToken)
    {
        await _readers.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new ReadRoom(_readers);
    }

    /// <summary>A connection of the pool, as it is; errors are the driver's. Never cancelled.</summary>
    internal async Task<NpgsqlConnection> OpenOnceAsync()
    {
        NpgsqlConnection connection = _source.CreateConnection();
        try
        {
            await connection.OpenAsync(CancellationToken.None).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Does something that may be done again on a connection of the pool; tries again while the server is away.
    /// </summary>
    /// <exception cref="LogEngineException">It did not come back in time, or refuses.</exception>
    internal async Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken stopping)
    {
        Backoff backoff = new(RetryTime);
        while (true)
        {
            try
            {
                NpgsqlConnection connection = await OpenOnceAsync().ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    return await work(connection).ConfigureAwait(false);
                }
            }
            catch (Exception error) when (error is not LogEngineException and not OperationCanceledException)
            {
                bool again = (Failures.IsLost(error) || Failures.IsCollision(error))
                    && !Failures.IsHopeless(error)
                    && await backoff.WaitAsync(stopping).ConfigureAwait(false);
                if (!again)
                {
                    throw Failures.Translate(error, Name);
                }

                PostgreSqlMetrics.Retried(Failures.IsCollision(error) ? "collision" : "connection");
            }
        }
    }

    /// <summary>Connections to a server that is gone are of no use to the next who asks.</summary>
    internal void Forget() => _source.Clear();

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync().ConfigureAwait(false);
        _readers.Dispose();
    }

    /// <summary>
    /// Commits something on a connection and finds out that the standby has it, if there has to be one. Never
    /// cancelled, and a notice that the wait was cut short is a failure.
    /// </summary>
    internal Task BarrierAsync(NpgsqlConnection connection) => BarrierAsync(connection, null);

    private async Task BarrierAsync(NpgsqlConnection connection, int? seconds)
    {
        Confirmation confirmation = new();
        connection.Notice += confirmation.Note;
        try
        {
            NpgsqlCommand command = new(Sql["barrier"], connection);
            command.CommandTimeout = seconds ?? command.CommandTimeout;
            await using (command.ConfigureAwait(false))
            {
                await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            connection.Notice -= confirmation.Note;
        }

        confirmation.Require();
    }

    private void Begin(NpgsqlConnection connection) =>
        BeginAsync(connection).GetAwaiter().GetResult();

    private async Task BeginAsync(NpgsqlConnection connection)
    {
        // What a database or a role sets for itself must not change what a statement means here.
        NpgsqlCommand command = new(Sql["begin"], connection);
        Primary primary;
        await using (command.ConfigureAwait(false))
        {
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                primary = await Primary.ReadAsync(row).ConfigureAwait(false);
            }
        }

        // A failure here has the driver try the next host.
        _succession.Require(primary);
        await BarrierAsync(connection, _connectSeconds).ConfigureAwait(false);
        if (_succession.Meet(primary))
        {
            LogEvents.Succeeded(_logger, Name, primary.Timeline);
            Forget();
        }

        LogEvents.Connected(_logger, Name);
    }

    /// <summary>Whether the server said, while it committed, that it gave up waiting for the standby.</summary>
    internal sealed class Confirmation
    {
        private volatile string? _notice;

        internal void Note(object sender, NpgsqlNoticeEventArgs e)
        {
            if (e.Notice.SqlState == WaitCanceled)
            {
                _notice = e.Notice.MessageText;
            }
        }

        /// <exception cref="UnconfirmedException">It did.</exception>
        internal void Require()
        {
            if (_notice is { } notice)
            {
                throw new UnconfirmedException(notice);
            }
        }
    }
}

/// <summary>Leave to hold one more connection that reads.</summary>
internal sealed class ReadRoom(SemaphoreSlim readers) : IDisposable
{
    private SemaphoreSlim? _readers = readers;

    public void Dispose()
    {
        try
        {
            Interlocked.Exchange(ref _readers, null)?.Release();
        }
        catch (ObjectDisposedException)
        {
            // The engine was closed meanwhile: nobody waits any more.
        }
    }
}
