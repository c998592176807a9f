using System.Collections.Concurrent;
using System.Text;
using Npgsql;

namespace LogEngine.PostgreSql.Connections;

/// <summary>Numbers of names: of keyspaces or of queues. A number belongs to its name for ever.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class NameIds(Server server, string find, string make)
{
    private readonly ConcurrentDictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, string> _names = new();

    /// <summary>The number, if this process knows it.</summary>
    internal bool TryGet(string name, out int id) => _ids.TryGetValue(name, out id);

    /// <summary>The name of a number that this process has found or given.</summary>
    internal string NameOf(int id) => _names[id];

    /// <summary>The number; null where nobody has given one.</summary>
    internal async ValueTask<int?> FindAsync(NpgsqlConnection connection, string name)
    {
        if (TryGet(name, out int known))
        {
            return known;
        }

        NpgsqlCommand command = new(server.Sql[find], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(Encoding.UTF8.GetBytes(name));
            if (await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false) is int id)
            {
                _names[id] = name;
                return _ids.GetOrAdd(name, id);
            }

            return null;
        }
    }

    /// <summary>The number, given now where nobody has.</summary>
    internal async ValueTask<int> MakeAsync(string name, CancellationToken stopping) =>
        TryGet(name, out int known)
            ? known
            : await server.RunAsync(connection => MakeAsync(connection, name), stopping)
                .ConfigureAwait(false);

    private async Task<int> MakeAsync(NpgsqlConnection connection, string name)
    {
        while (true)
        {
            if (await FindAsync(connection, name).ConfigureAwait(false) is { } id)
            {
                return id;
            }

            NpgsqlCommand command = new(server.Sql[make], connection);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.Put(Encoding.UTF8.GetBytes(name));
                await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
