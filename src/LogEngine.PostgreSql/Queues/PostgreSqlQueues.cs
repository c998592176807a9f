using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Reading;
using LogEngine.PostgreSql.Telemetry;
using LogEngine.PostgreSql.Writing;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql.Queues;

/// <summary>The queues of an engine.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class PostgreSqlQueues : IQueueProvider
{
    private const int MostClaims = 2;

    private readonly PostgreSqlEngine _engine;
    private readonly CurrentSource _now;
    private readonly NameIds _ids;
    private readonly ILogger _logger;
    private readonly List<PostgreSqlQueue> _open = [];

    internal PostgreSqlQueues(
        PostgreSqlEngine engine,
        Server server,
        Writes writes,
        CurrentSource now,
        PostgreSqlEngineOptions options)
    {
        _engine = engine;
        Server = server;
        Writes = writes;
        _now = now;
        PollInterval = options.PollInterval;
        _ids = new NameIds(server, "find-queue", "make-queue");
        _logger = options.LoggerFactory?.CreateLogger(LogEvents.Category)
            ?? Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;
    }

    internal Server Server { get; }

    internal Writes Writes { get; }

    internal TimeSpan PollInterval { get; }

    /// <summary>So many claims at a time: they take connections of the pool.</summary>
    internal SemaphoreSlim Claiming { get; } = new(MostClaims);

    public async ValueTask<DurableQueue> OpenQueueAsync(
        string name, QueueOptions options, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _engine.RequireOpen();
        int id = await _ids.MakeAsync(name, _engine.Stopping).ConfigureAwait(false);
        lock (_open)
        {
            if (_open.Find(other => other.Name == name) is { } first && first.Options != options)
            {
                throw new InvalidOperationException(
                    $"Queue '{name}' is open on this engine with other options.");
            }

            PostgreSqlQueue queue = new(_engine, this, name, options, id, _now, _logger);
            _open.Add(queue);
            return queue;
        }
    }

    public ValueTask<IReadOnlyList<string>> ListQueuesAsync(CancellationToken cancellationToken) =>
        _now.ReadAsync(
            connection => PostgreSqlView.ListAsync(Server, connection, "list-queues"), cancellationToken);

    public async ValueTask<bool> DeleteQueueAsync(string name, CancellationToken cancellationToken)
    {
        _engine.RequireOpen();
        lock (_open)
        {
            if (_open.Exists(queue => queue.Name == name))
            {
                throw new InvalidOperationException(
                    $"Queue '{name}' is open on this engine; close it first.");
            }
        }

        return await Server.RunAsync(
            async connection =>
            {
                NpgsqlCommand command = new(Server.Sql["drop-queue"], connection);
                await using (command.ConfigureAwait(false))
                {
                    command.Parameters.Put(System.Text.Encoding.UTF8.GetBytes(name));
                    return (long)(await command.ExecuteScalarAsync(CancellationToken.None)
                        .ConfigureAwait(false))! > 0;
                }
            },
            _engine.Stopping).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    internal void Leave(PostgreSqlQueue queue)
    {
        lock (_open)
        {
            _open.Remove(queue);
        }
    }

    /// <summary>The engine is being closed: whoever waits is told, and leases are given back.</summary>
    internal async Task CloseAsync()
    {
        PostgreSqlQueue[] open;
        lock (_open)
        {
            open = [.. _open];
        }

        foreach (PostgreSqlQueue queue in open)
        {
            await queue.DisposeAsync().ConfigureAwait(false);
        }
    }
}
