using LogEngine.PostgreSql.Connections;
using LogEngine.PostgreSql.Telemetry;
using LogEngine.PostgreSql.Watching;
using LogEngine.PostgreSql.Writing;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LogEngine.PostgreSql;

/// <summary>
/// What has to be done now and then: removing what has expired, keeping the rows of this process, and looking for
/// transactions that hold back the removal of dead rows.
/// </summary>
internal sealed class Upkeep
{
    private const int SweepRows = 1000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OldAge = TimeSpan.FromMinutes(10);

    private readonly Server _server;
    private readonly Writes _writes;
    private readonly Watches _watches;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly Task _running;
    private volatile string? _failure;
    private volatile string? _oldest;

    internal Upkeep(
        Server server, Writes writes, Watches watches, ILogger logger, CancellationToken stopping)
    {
        _server = server;
        _writes = writes;
        _watches = watches;
        _logger = logger;
        _stopping = stopping;
        _running = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <summary>What is not well; null while all is.</summary>
    internal string? Degradation => _failure ?? _oldest;

    /// <summary>Completes once it has ended; the rows of this process are removed.</summary>
    internal async Task CloseAsync()
    {
        await _running.ConfigureAwait(false);
        try
        {
            NpgsqlConnection connection = await _server.OpenOnceAsync().ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                await ExecuteAsync(connection, "leave").ConfigureAwait(false);
            }
        }
        catch (Exception error) when (Failures.IsLost(error) || error is PostgresException)
        {
            // They are removed as those of others that are long gone.
        }
    }

    private async Task RunAsync()
    {
        while (await RestAsync().ConfigureAwait(false))
        {
            try
            {
                await _server.RunAsync(WorkAsync, _stopping).ConfigureAwait(false);
                _failure = null;
            }
            catch (LogEngineException error)
            {
                _failure = error.Message;
                LogEvents.MaintenanceFailed(_logger, _server.Name, error);
            }
        }
    }

    private async Task<bool> RestAsync()
    {
        try
        {
            await Task.Delay(Pause, TimeProvider.System, _stopping).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> WorkAsync(NpgsqlConnection connection)
    {
        await ExecuteAsync(connection, "stay").ConfigureAwait(false);
        await _watches.RenewAsync(connection).ConfigureAwait(false);
        await SweepAsync(connection, "sweep").ConfigureAwait(false);
        await SweepAsync(connection, "sweep-changes").ConfigureAwait(false);
        NpgsqlCommand look = new(_server.Sql["oldest-transaction"], connection);
        await using (look.ConfigureAwait(false))
        {
            long seconds = (long)(await look.ExecuteScalarAsync(CancellationToken.None)
                .ConfigureAwait(false))!;
            bool isOld = seconds > OldAge.TotalSeconds;
            _oldest = isOld
                ? $"A transaction has been open for {seconds} s: dead rows are not removed meanwhile."
                : null;
            if (isOld)
            {
                LogEvents.OldTransaction(_logger, _server.Name, seconds);
            }
        }

        return true;
    }

    /// <summary>Removes parts until there is no whole one more.</summary>
    private async Task SweepAsync(NpgsqlConnection connection, string statement)
    {
        int removed;
        do
        {
            NpgsqlCommand sweep = new(_server.Sql[statement], connection);
            await using (sweep.ConfigureAwait(false))
            {
                sweep.Parameters.Put(SweepRows);
                removed = (int)(await sweep.ExecuteScalarAsync(CancellationToken.None)
                    .ConfigureAwait(false))!;
            }
        }
        while (removed >= SweepRows && !_stopping.IsCancellationRequested);
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string statement)
    {
        NpgsqlCommand command = new(_server.Sql[statement], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(_writes.Clients);
            await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
