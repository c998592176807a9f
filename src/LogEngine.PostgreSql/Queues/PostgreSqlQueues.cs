using System.Runtime.CompilerServices;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Reading;
using LogEngine.PostgreSql.Writing;
using LogEngine.Stores.Queues;
using Microsoft.Extensions.Logging;

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
        TimeSpan pollInterval,
        ILogger logger)
    {
        _engine = engine;
        Server = server;
        Writes = writes;
        _now = now;
        PollInterval = pollInterval;
        _ids = new NameIds(server, "find-queue", "make-queue");
        _logger = logger;
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
            PostgreSqlQueue? first = _open.Find(other => other.Name == name);
            if (first is not null && first.Options != options)
            {
                throw new QueueOptionsMismatchException(name, first.Options, options);
            }

            PostgreSqlQueue queue = new(
                _engine, this, name, options, first?.Shared ?? Share(id, name), _now, _logger);
            _open.Add(queue);
            queue.Shared.Peers.Add(queue);
            if (first is null)
            {
                queue.Show();
            }

            return queue;
        }
    }

    public ValueTask<IReadOnlyList<string>> ListQueuesAsync(CancellationToken cancellationToken) =>
        _now.ReadAsync(
            connection => PostgreSqlView.ListAsync(Server, connection, "list-queues"), cancellationToken);

    /// <summary>
    /// Its objects are joined by one that is not among them: no options are compared with those that it has.
    /// </summary>
    public async ValueTask<bool> TryUseQueueAsync(
        string name,
        bool evenIfClosed,
        Func<DurableQueue, ValueTask> use,
        CancellationToken cancellationToken)
    {
        _engine.RequireOpen();
        int? id = await _now.ReadAsync(
            connection => _ids.FindAsync(connection, name).AsTask(), cancellationToken)
            .ConfigureAwait(false);
        if (id is not { } number)
        {
            return false;
        }

        PostgreSqlQueue? open;
        lock (_open)
        {
            open = _open.Find(other => other.Name == name);
        }

        PostgreSqlQueue queue = new(
            _engine,
            this,
            name,
            open?.Options ?? new QueueOptions(),
            open?.Shared ?? Share(number, name),
            _now,
            _logger);
        await using (queue.ConfigureAwait(false))
        {
            await use(queue).ConfigureAwait(false);
            return true;
        }
    }

    public async ValueTask<bool> DropQueueAsync(
        string name, Durability durability, CancellationToken cancellationToken)
    {
        Writes.RequireNotCanceled(cancellationToken);
        RequireClosed(name);
        int? id = await _now.ReadAsync(
            connection => _ids.FindAsync(connection, name).AsTask(), cancellationToken)
            .ConfigureAwait(false);
        if (id is not { } queue)
        {
            return false;
        }

        Settled done = await Writes.RunAsync(
            new SettleRequest(
                Settlement.Drop, new LeaseOfMessage(queue, name, 0, default), durability),
            cancellationToken).ConfigureAwait(false);
        return done.Code == 1;
    }

    public ValueTask<IReadOnlyList<string>> ListQueuesAsync(
        ReadView view, CancellationToken cancellationToken) => Own(view).ReadAsync(
            connection => PostgreSqlView.ListAsync(Server, connection, "list-queues"), cancellationToken);

    public async IAsyncEnumerable<QueueRecord> ExportAsync(
        string name, ReadView view, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        PostgreSqlView own = Own(view);
        if (await own.ReadAsync(c => _ids.FindAsync(c, name).AsTask(), cancellationToken)
            .ConfigureAwait(false) is { } id)
        {
            await foreach (QueueRecord record in new QueueExport(Server, own, id, name)
                .ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return record;
            }
        }
    }

    public async ValueTask ImportAsync(
        string name,
        IReadOnlyList<QueueRecord> records,
        Durability durability,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireClosed(name);
        int id = await _ids.MakeAsync(name, _engine.Stopping).ConfigureAwait(false);

        // As durable as the server makes a commit, whatever was asked for; it may be done again.
        await Server.RunAsync(
            connection => QueueImport.RunAsync(connection, Server, id, records), _engine.Stopping)
            .ConfigureAwait(false);
    }

    private SharedQueue Share(int id, string name)
    {
        LeaseBook leases = new(_engine.NextRandom(), _engine.TimeProvider);
        return new SharedQueue(
            id,
            leases,
            new ExpiryWatch(this, _engine, id, name, leases, _logger),
            new Counters(),
            new QueuePeers());
    }

    private PostgreSqlView Own(ReadView view) => view is PostgreSqlView own && own.IsOf(_engine)
        ? own
        : throw new ArgumentException("The view is another engine's.", nameof(view));

    /// <exception cref="InvalidOperationException">It is open on this engine.</exception>
    private void RequireClosed(string name)
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
    }

    internal void Leave(PostgreSqlQueue queue)
    {
        lock (_open)
        {
            _open.Remove(queue);
            queue.Shared.Peers.Remove(queue);
            if (queue.TryHide())
            {
                _open.Find(other => other.Name == queue.Name)?.Show();
            }
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
