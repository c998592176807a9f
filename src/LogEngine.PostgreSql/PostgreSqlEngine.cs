using System.Collections.Concurrent;
using System.Security.Cryptography;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Hosting;
using LogEngine.PostgreSql.Queues;
using LogEngine.PostgreSql.Reading;
using LogEngine.PostgreSql.Telemetry;
using LogEngine.PostgreSql.Watching;
using LogEngine.PostgreSql.Writing;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql;

/// <summary>
/// An engine in a PostgreSQL database: what it holds is shared by many processes, and outlives a machine where the
/// server has a synchronous standby.
/// </summary>
/// <remarks>
/// Thread-safe. It does not fault: what a lost connection has left open is found out, and calls work again once the server
/// does. What a call means here: docs/postgresql.md.
/// </remarks>
public sealed class PostgreSqlEngine : StorageEngine
{
    private readonly Server _server;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CurrentSource _now;
    private readonly KeyRows _rows;
    private readonly NameIds _keyspaceIds;
    private readonly ConcurrentDictionary<string, PostgreSqlKeyspace> _keyspaces =
        new(StringComparer.Ordinal);

    private readonly Upkeep _upkeep;
    private readonly PostgreSqlQueues _queues;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private Task? _closing;

    private PostgreSqlEngine(
        PostgreSqlEngineOptions options, Server server, ILogger logger, bool survivesMachineLoss)
        : base(options.TimeProvider, options.LoggerFactory, options.DefaultDurability)
    {
        _server = server;
        _logger = logger;
        Capabilities = new EngineCapabilities
        {
            IsShared = true,
            SurvivesMachineLoss = survivesMachineLoss,
            LeasesOutliveProcess = true,
            LooksWithoutIO = false,
            HasLastingViews = false,
            CanWatch = true,
            PutsSequencedKeys = true,
            MaxValueBytes = MaxValueBytes,
        };
        _keyspaceIds = new NameIds(server, "find-keyspace", "make-keyspace");
        _rows = new KeyRows(server, _keyspaceIds);
        _now = new CurrentSource(server, options.MaxViewTime, _stopping.Token);
        ChangeSignals signals = new();
        Watches = new Watches(server, _keyspaceIds, _now, signals, options, _stopping.Token);
        Writes = new Writes(
            server, _keyspaceIds, signals, options.WriteConnections, logger, _stopping.Token);
        _queues = new PostgreSqlQueues(this, server, Writes, _now, options.PollInterval, logger);
        _upkeep = new Upkeep(server, Writes, Watches, logger, _stopping.Token);
    }

    /// <inheritdoc/>
    public override EngineCapabilities Capabilities { get; }

    /// <inheritdoc/>
    public override string? Degradation => _upkeep.Degradation;

    /// <inheritdoc/>
    public override CommitStatistics? Commits
    {
        get
        {
            RequireOpen();
            return Writes.Counts.Statistics;
        }
    }

    /// <inheritdoc/>
    public override Task<StorageFaultedException> Faulted { get; } =
        new TaskCompletionSource<StorageFaultedException>().Task;

    /// <inheritdoc/>
    public override CancellationToken Stopping => _stopping.Token;

    internal Watches Watches { get; }

    internal Writes Writes { get; }

    /// <summary>Opens an engine in the database that a connection string names; all defaults else.</summary>
    /// <param name="connectionString">The connection string.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <inheritdoc cref="OpenAsync(PostgreSqlEngineOptions, CancellationToken)"/>
    public static ValueTask<PostgreSqlEngine> OpenAsync(
        string connectionString, CancellationToken cancellationToken = default) =>
        OpenAsync(new PostgreSqlEngineOptions { ConnectionString = connectionString }, cancellationToken);

    /// <summary>
    /// Opens an engine in a database. Waits until what it shows is durable, and on the standby where there is one.
    /// </summary>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="StorageUnavailableException">
    /// There is no server, or it refuses: login, rights, a standby, a schema that is not there.
    /// </exception>
    /// <exception cref="IncompatibleFormatException">A newer program made the schema.</exception>
    /// <exception cref="UnsupportedDurabilityException">
    /// <see cref="Durability.MachineLoss"/> is the default, and the server has no synchronous standby.
    /// </exception>
    public static async ValueTask<PostgreSqlEngine> OpenAsync(
        PostgreSqlEngineOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        return await OpenCoreAsync(options).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// The statements that give a role the rights that a program needs, and no others: for the schema's owner to run.
    /// </summary>
    /// <param name="schema">The schema.</param>
    /// <param name="role">The role: a letter or underscore, then letters, digits and underscores.</param>
    /// <exception cref="ArgumentException">A name is none.</exception>
    public static string RightsScript(string schema, string role)
    {
        new PostgreSqlEngineOptions { ConnectionString = "-", Schema = schema }.Validate();
        ArgumentException.ThrowIfNullOrEmpty(role);
        return role.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') && !char.IsAsciiDigit(role[0])
            ? new Statements(schema)["rights"]
                .Replace("schema logengine ", $"schema {schema} ", StringComparison.Ordinal)
                .Replace(" to program;", $" to \"{role}\";", StringComparison.Ordinal)
            : throw new ArgumentException($"'{role}' is no name of a role.", nameof(role));
    }

    /// <inheritdoc/>
    public override Keyspace GetKeyspace(string name)
    {
        CheckOwnName(name);
        return Open(name);
    }

    /// <inheritdoc/>
    public override Keyspace GetStoreKeyspace(string name)
    {
        CheckStoreName(name);
        return Open(name);
    }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default) => _now.ReadAsync(
        connection => PostgreSqlView.ListAsync(_server, connection, "list-keyspaces"),
        cancellationToken);

    /// <inheritdoc/>
    public override ValueTask<bool> DropKeyspaceAsync(
        string name, Durability? durability = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        RequireOpen();
        return Writes.DropAsync(name, LevelOf(durability), cancellationToken);
    }

    /// <inheritdoc/>
    public override long NextRandom() =>
        BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <inheritdoc/>
    public override WriteBatch CreateBatch()
    {
        RequireOpen();
        return base.CreateBatch();
    }

    /// <summary>
    /// The engine as it is now: a repeatable-read transaction, which ends by itself after
    /// <see cref="PostgreSqlEngineOptions.MaxViewTime"/>.
    /// </summary>
    /// <inheritdoc/>
    public override async ValueTask<ReadView> OpenReadViewAsync(
        CancellationToken cancellationToken = default)
    {
        (Moment moment, long now) = await _now.OpenMomentAsync(NowAsync, cancellationToken)
            .ConfigureAwait(false);
        moment.NowTicks = now;
        return new PostgreSqlView(this, _server, moment, _rows);
    }

    /// <inheritdoc/>
    public override async ValueTask FlushAsync(CancellationToken cancellationToken = default) =>
        await _now.ReadAsync(
            async connection =>
            {
                await _server.BarrierAsync(connection).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Carries a batch out in a transaction of the caller's own, together with whatever else it does: its rows, an
    /// acknowledgement and the next message are one commit. What this says is final once that is committed; where it is rolled back,
    /// nothing of the batch has happened, and a message that it acknowledged comes again when its lease ends.
    /// </summary>
    /// <param name="batch">The batch; it is used up.</param>
    /// <param name="transaction">An open transaction on the same database.</param>
    /// <param name="cancellationToken">Cancels the statements: then roll back.</param>
    /// <exception cref="LeaseLostException">A lease of the batch is not current: roll back.</exception>
    /// <exception cref="PostgresException">The server refused: roll back, and try all of it again.</exception>
    /// <inheritdoc cref="StorageEngine.TryCommitAsync"/>
    public ValueTask<CommitResult> TryCommitAsync(
        WriteBatch batch,
        NpgsqlTransaction transaction,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(transaction);
        batch.AddPart(new UserTransaction(transaction));
        return TryCommitAsync(batch, durability: null, cancellationToken);
    }

    /// <summary>
    /// The pool of connections (<see cref="NpgsqlDataSource"/>), the queues, a check whether the server is there
    /// (<see cref="IHealthCheck"/>), or itself.
    /// </summary>
    /// <inheritdoc/>
    public override object? GetService(Type serviceType)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        return serviceType == typeof(IQueueProvider) ? _queues
            : serviceType == typeof(IHealthCheck) ? new ServerHealth(_server)
            : serviceType.IsInstanceOfType(_server.Source) && serviceType != typeof(object) ? _server.Source
            : base.GetService(serviceType);
    }

    /// <inheritdoc/>
    public override ValueTask CloseAsync()
    {
        lock (_gate)
        {
            return new ValueTask(_closing ??= Task.Run(CloseCoreAsync));
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => CloseAsync();

    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    internal void RequireOpen() =>
        ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, typeof(StorageEngine));

    /// <inheritdoc/>
    protected override ValueTask<CommitResult> CommitCoreAsync(
        WriteBatch batch, Durability durability, CancellationToken cancellationToken)
    {
        RequireOpen();
        return batch.Parts.OfType<UserTransaction>().FirstOrDefault() is { } users
            ? new ValueTask<CommitResult>(
                Writes.EnlistAsync(batch, users.Transaction, _server, cancellationToken))
            : Writes.CommitAsync(batch, durability, cancellationToken);
    }

    private static async Task<PostgreSqlEngine> OpenCoreAsync(PostgreSqlEngineOptions options)
    {
        Statements sql = new(options.Schema);
        ILogger logger = options.LoggerFactory is { } loggers
            ? loggers.CreateLogger(LogEvents.Category)
            : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
        Server server;
        try
        {
            server = new Server(options, sql, logger);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or KeyNotFoundException)
        {
            throw new ArgumentException($"The connection string: {error.Message}", nameof(options), error);
        }

        try
        {
            bool survives = await server.RunAsync(
                connection => PrepareAsync(connection, sql, options, server.Name), CancellationToken.None)
                .ConfigureAwait(false);
            if (options.DefaultDurability == Durability.MachineLoss && !survives)
            {
                throw new UnsupportedDurabilityException(Durability.MachineLoss);
            }

            LogEvents.Opened(logger, server.Name, options.DefaultDurability, survives);
            PostgreSqlEngine engine = new(options, server, logger, survives);
            try
            {
                await engine.Watches.BeginAsync().ConfigureAwait(false);
                return engine;
            }
            catch
            {
                await engine.CloseAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sees to the schema; gives whether the server has a synchronous standby.</summary>
    private static async Task<bool> PrepareAsync(
        NpgsqlConnection connection, Statements sql, PostgreSqlEngineOptions options, string server)
    {
        await SchemaInstaller.EnsureAsync(connection, sql, options.InstallSchema, server)
            .ConfigureAwait(false);
        NpgsqlCommand command = new("select current_setting('synchronous_standby_names') <> ''", connection);
        await using (command.ConfigureAwait(false))
        {
            return (bool)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))!;
        }
    }

    private async Task<long> NowAsync(NpgsqlConnection connection)
    {
        NpgsqlCommand command = new(_server.Sql["now"], connection);
        await using (command.ConfigureAwait(false))
        {
            return (long)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))!;
        }
    }

    private PostgreSqlKeyspace Open(string name)
    {
        RequireOpen();
        return _keyspaces.GetOrAdd(
            name, static (name, self) => new PostgreSqlKeyspace(self, name, self._now, self._rows), this);
    }

    private async Task CloseCoreAsync()
    {
        await _queues.CloseAsync().ConfigureAwait(false);
        Task writing = Writes.CloseAsync();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await writing.ConfigureAwait(false);
        await _upkeep.CloseAsync().ConfigureAwait(false);
        await _server.DisposeAsync().ConfigureAwait(false);
        LogEvents.Closed(_logger, _server.Name);
    }
}
