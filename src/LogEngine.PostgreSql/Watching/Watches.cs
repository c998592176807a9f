using System.Text;
using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Reading;
using LogEngine.PostgreSql.Writing;
using Npgsql;

namespace LogEngine.PostgreSql.Watching;

/// <summary>
/// Which keyspaces are watched in this process: they record their changes, and are kept doing so while a watch is open,
/// for a time after it, and always where the options name them.
/// </summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class Watches(
    Server server,
    NameIds keyspaces,
    CurrentSource now,
    ChangeSignals signals,
    PostgreSqlEngineOptions options,
    CancellationToken stopping)
{
    private readonly Lock _gate = new();

    /// <summary>How many hold each keyspace; guarded by the gate.</summary>
    private readonly Dictionary<int, int> _held = [];

    internal Server Server => server;

    internal CurrentSource Now => now;

    internal ChangeSignals Signals => signals;

    internal TimeSpan PollInterval => options.PollInterval;

    internal TimeProvider Time => options.TimeProvider;

    internal CancellationToken Stopping => stopping;

    /// <summary>Holds the keyspaces of the options, as long as the engine is open.</summary>
    internal async Task BeginAsync()
    {
        foreach (string name in options.WatchedKeyspaces)
        {
            (int keyspace, _) = await RecordAsync(name, CancellationToken.None).ConfigureAwait(false);
            Hold(keyspace);
        }
    }

    /// <summary>A keyspace records from now on, if it has not before; gives its number, and where it is.</summary>
    internal async ValueTask<(int Keyspace, WatchPosition Position)> RecordAsync(
        string name, CancellationToken cancellationToken)
    {
        int keyspace = await keyspaces.MakeAsync(name, stopping).ConfigureAwait(false);
        WatchPosition position = await now.ReadAsync(
            connection => RecordAsync(connection, keyspace), cancellationToken).ConfigureAwait(false);
        return (keyspace, position);
    }

    /// <summary>The place of a moment; one that cannot be gone on from where nothing was recorded then.</summary>
    internal async ValueTask<WatchPosition> PositionAsync(
        IReadSource source, string name, CancellationToken cancellationToken)
    {
        WatchPosition position = await source.ReadAsync(
            connection => PositionAsync(connection, name), cancellationToken).ConfigureAwait(false);
        if (position.Incarnation != 0)
        {
            await RecordAsync(name, cancellationToken).ConfigureAwait(false);
        }

        return position;
    }

    /// <summary>Those that are held here go on recording.</summary>
    internal async Task RenewAsync(NpgsqlConnection connection)
    {
        int[] held;
        lock (_gate)
        {
            held = [.. _held.Keys];
        }

        foreach (int keyspace in held)
        {
            await RecordAsync(connection, keyspace).ConfigureAwait(false);
        }
    }

    internal void Hold(int keyspace)
    {
        lock (_gate)
        {
            _held[keyspace] = _held.GetValueOrDefault(keyspace) + 1;
        }
    }

    internal void LetGo(int keyspace)
    {
        lock (_gate)
        {
            if (--_held[keyspace] == 0)
            {
                _held.Remove(keyspace);
            }
        }
    }

    private async Task<WatchPosition> RecordAsync(NpgsqlConnection connection, int keyspace)
    {
        NpgsqlCommand command = new(server.Sql["watch"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(keyspace);
            command.Parameters.Put((long)options.ChangeRetention.TotalSeconds);
            return await ReadAsync(command).ConfigureAwait(false);
        }
    }

    private async Task<WatchPosition> PositionAsync(NpgsqlConnection connection, string name)
    {
        NpgsqlCommand command = new(server.Sql["watch-position"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(Encoding.UTF8.GetBytes(name));
            return await ReadAsync(command).ConfigureAwait(false);
        }
    }

    private static async Task<WatchPosition> ReadAsync(NpgsqlCommand command)
    {
        NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
        await using (row.ConfigureAwait(false))
        {
            return await row.ReadAsync(CancellationToken.None).ConfigureAwait(false)
                ? new WatchPosition(row.GetInt64(1), row.GetInt64(0))
                : default;
        }
    }
}
