using System.Globalization;
using Npgsql;

namespace LogEngine.PostgreSql.Connections;

/// <summary>Makes the engine's schema and brings it up to date, one process at a time.</summary>
internal static class SchemaInstaller
{
    /// <summary>The version that this program works with.</summary>
    internal const int Version = 2;

    private const string IsThere =
        "select to_regclass($1) is not null, pg_is_in_recovery()";

    /// <exception cref="IncompatibleFormatException">A newer program has made it.</exception>
    /// <exception cref="StorageUnavailableException">
    /// It is not there, or older, and is not to be changed; or the server is a standby.
    /// </exception>
    internal static async Task<bool> EnsureAsync(
        NpgsqlConnection connection, Statements sql, bool install, string server)
    {
        int found = await FindAsync(connection, sql, server).ConfigureAwait(false);
        if (found == Version)
        {
            return true;
        }

        if (found < Version && !install)
        {
            throw new StorageUnavailableException(
                $"{server} has {(found == 0 ? "no schema of LogEngine" : $"a schema of version {found}")}; "
                + $"this program needs version {Version}. Let the owner open it once with "
                + $"{nameof(PostgreSqlEngineOptions.InstallSchema)}.");
        }

        Require(found, server);
        // Two programs that open an empty database at once: the second waits, and finds it done. The lock is the
        // session's, not the transaction's: only a transaction that begins after it sees what the first one made.
        string key = $"hashtext('LogEngine {sql.Schema}')";
        await RunAsync(connection, $"select pg_advisory_lock({key})").ConfigureAwait(false);
        try
        {
            await InstallAsync(connection, sql, server).ConfigureAwait(false);
        }
        finally
        {
            await RunAsync(connection, $"select pg_advisory_unlock({key})").ConfigureAwait(false);
        }

        return true;
    }

    private static async Task InstallAsync(NpgsqlConnection connection, Statements sql, string server)
    {
        NpgsqlTransaction transaction = await connection
            .BeginTransactionAsync(CancellationToken.None).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            int found = await FindAsync(connection, sql, server).ConfigureAwait(false);
            Require(found, server);
            if (found == 0)
            {
                await RunAsync(connection, $"create schema if not exists {sql.Schema}")
                    .ConfigureAwait(false);
            }

            for (int next = found + 1; next <= Version; next++)
            {
                await RunAsync(
                    connection,
                    sql[string.Create(CultureInfo.InvariantCulture, $"schema-{next}")])
                    .ConfigureAwait(false);
            }

            await RunAsync(connection, sql["functions"]).ConfigureAwait(false);
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static void Require(int found, string server)
    {
        if (found > Version)
        {
            throw new IncompatibleFormatException(
                server, $"its schema has version {found}, this program knows {Version}.");
        }
    }

    private static async Task<int> FindAsync(NpgsqlConnection connection, Statements sql, string server)
    {
        NpgsqlCommand look = new(IsThere, connection);
        await using (look.ConfigureAwait(false))
        {
            look.Parameters.Add(new NpgsqlParameter<string> { TypedValue = $"{sql.Schema}.about" });
            NpgsqlDataReader row = await look.ExecuteReaderAsync().ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                await row.ReadAsync().ConfigureAwait(false);
                if (row.GetBoolean(1))
                {
                    throw new StorageUnavailableException(
                        $"{server} takes no writes: it is a standby. Name the primary, or all hosts with "
                        + "'Target Session Attributes=primary'.");
                }

                if (!row.GetBoolean(0))
                {
                    return 0;
                }
            }
        }

        NpgsqlCommand ask = new($"select version from {sql.Schema}.about", connection);
        await using (ask.ConfigureAwait(false))
        {
            return (int)(await ask.ExecuteScalarAsync().ConfigureAwait(false) ?? 0);
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string text)
    {
        NpgsqlCommand command = new(text, connection);
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
