using LogEngine.PostgreSql.Connections;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace LogEngine.PostgreSql.Hosting;

/// <summary>
/// Whether the server is there and takes writes, asked now and not tried again for long: a check says how it is,
/// where a call waits for it to become better.
/// </summary>
internal sealed class ServerHealth(Server server) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            bool isStandby = await AskAsync().WaitAsync(Patience, cancellationToken).ConfigureAwait(false);
            return isStandby
                ? new HealthCheckResult(
                    context.Registration.FailureStatus, $"{server.Name} takes no writes: it is a standby.")
                : HealthCheckResult.Healthy();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Exception told = Failures.Translate(error, server.Name);
            return new HealthCheckResult(context.Registration.FailureStatus, told.Message, told);
        }
    }

    /// <summary>Twice: a connection of the pool may have been lost while nobody used it.</summary>
    private async Task<bool> AskAsync()
    {
        try
        {
            return await AskOnceAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (Failures.IsLost(error))
        {
            server.Forget();
            return await AskOnceAsync().ConfigureAwait(false);
        }
    }

    private async Task<bool> AskOnceAsync()
    {
        NpgsqlConnection connection = await server.OpenOnceAsync().ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            NpgsqlCommand command = new("select pg_is_in_recovery()", connection);
            await using (command.ConfigureAwait(false))
            {
                return (bool)(await command.ExecuteScalarAsync(CancellationToken.None)
                    .ConfigureAwait(false))!;
            }
        }
    }
}
