using System.Text;
using LogEngine.PostgreSql.Connections;
using Npgsql;

namespace LogEngine.PostgreSql.Reading;

/// <summary>A view: a transaction that sees one moment.</summary>
internal sealed class PostgreSqlView(PostgreSqlEngine engine, Server server, Moment moment, KeyRows rows)
    : ReadView
{
    public override KeyspaceReader In(Keyspace keyspace)
    {
        ArgumentNullException.ThrowIfNull(keyspace);
        return keyspace is PostgreSqlKeyspace own && ReferenceEquals(own.Engine, engine)
            ? new Reads(moment, rows, engine.Watches, keyspace.Name)
            : throw new ArgumentException(
                $"Keyspace '{keyspace.Name}' is another engine's.", nameof(keyspace));
    }

    public override ValueTask<IReadOnlyList<string>> ListKeyspacesAsync(
        CancellationToken cancellationToken = default) =>
        moment.ReadAsync(connection => ListAsync(server, connection, "list-keyspaces"), cancellationToken);

    /// <summary>Reads something of the same moment.</summary>
    internal ValueTask<T> ReadAsync<T>(
        Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken) =>
        moment.ReadAsync(read, cancellationToken);

    internal bool IsOf(PostgreSqlEngine other) => ReferenceEquals(engine, other);

    public override void Dispose() => moment.Dispose();

    public override async ValueTask DisposeAsync()
    {
        await moment.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Names, in ordinal order.</summary>
    internal static async Task<IReadOnlyList<string>> ListAsync(
        Server server, NpgsqlConnection connection, string statement)
    {
        List<string> names = [];
        NpgsqlCommand command = new(server.Sql[statement], connection);
        await using (command.ConfigureAwait(false))
        {
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    names.Add(Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(0)));
                }
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
