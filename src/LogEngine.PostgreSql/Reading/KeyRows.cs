using LogEngine.PostgreSql.Connections;
using Npgsql;

namespace LogEngine.PostgreSql.Reading;

/// <summary>Reads of rows of a keyspace over one connection.</summary>
internal sealed class KeyRows(Server server, NameIds ids)
{
    internal async Task<StoredValue?> GetAsync(
        NpgsqlConnection connection, string keyspace, ReadOnlyMemory<byte> key, long? now)
    {
        if (await ids.FindAsync(connection, keyspace).ConfigureAwait(false) is not { } id)
        {
            return null;
        }

        NpgsqlCommand command = Command(connection, "get", id, key, now);
        await using (command.ConfigureAwait(false))
        {
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                return await row.ReadAsync(CancellationToken.None).ConfigureAwait(false)
                    ? Value(row, 0, keyspace, key.Span)
                    : null;
            }
        }
    }

    internal async Task<StoredValue?[]> GetManyAsync(
        NpgsqlConnection connection, string keyspace, byte[][] keys, long? now)
    {
        StoredValue?[] found = new StoredValue?[keys.Length];
        if (await ids.FindAsync(connection, keyspace).ConfigureAwait(false) is not { } id)
        {
            return found;
        }

        NpgsqlCommand command = new(server.Sql["get-many"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(id);
            command.Parameters.Put(keys);
            command.Parameters.Put(now);
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    int at = (int)row.GetInt64(0) - 1;
                    found[at] = Value(row, 1, keyspace, keys[at]);
                }
            }
        }

        return found;
    }

    internal async Task<ValueInfo?> GetInfoAsync(
        NpgsqlConnection connection, string keyspace, ReadOnlyMemory<byte> key, long? now)
    {
        if (await ids.FindAsync(connection, keyspace).ConfigureAwait(false) is not { } id)
        {
            return null;
        }

        NpgsqlCommand command = Command(connection, "get-info", id, key, now);
        await using (command.ConfigureAwait(false))
        {
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                return await row.ReadAsync(CancellationToken.None).ConfigureAwait(false)
                    ? Info(row.GetInt64(0), row.GetInt64(1))
                    : null;
            }
        }
    }

    internal async Task<long> CountAsync(NpgsqlConnection connection, string keyspace, ScanRange? range)
    {
        if (await ids.FindAsync(connection, keyspace).ConfigureAwait(false) is not { } id)
        {
            return 0;
        }

        NpgsqlCommand command = new(server.Sql[range is null ? "count" : "count-range"], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(id);
            if (range is { } part)
            {
                command.Parameters.Put(part.From);
                command.Parameters.Put(part.To);
            }

            return (long)(await command.ExecuteScalarAsync(CancellationToken.None).ConfigureAwait(false))!;
        }
    }

    /// <summary>A page of a scan from behind a key; empty for the beginning.</summary>
    internal async Task<ScanPage> PageAsync(
        NpgsqlConnection connection, string keyspace, ScanRange range, PageBounds bounds, long? now)
    {
        if (await ids.FindAsync(connection, keyspace).ConfigureAwait(false) is not { } id)
        {
            return new ScanPage([], IsLast: true, now);
        }

        string statement = (range.Reverse ? "scan-down" : "scan-up")
            + (range.KeysOnly ? "-keys" : "-values");
        NpgsqlCommand command = new(server.Sql[statement], connection);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.Put(id);
            command.Parameters.Put(range.From);
            command.Parameters.Put(range.To);
            command.Parameters.Put(now);
            command.Parameters.Put((long)bounds.Rows);
            command.Parameters.Put(bounds.Bytes);
            command.Parameters.Put(bounds.Behind);
            List<KeyValueEntry> entries = [];
            long bytes = 0;
            NpgsqlDataReader row = await command.ExecuteReaderAsync(CancellationToken.None)
                .ConfigureAwait(false);
            await using (row.ConfigureAwait(false))
            {
                while (await row.ReadAsync(CancellationToken.None).ConfigureAwait(false))
                {
                    byte[] key = row.GetFieldValue<byte[]>(0);
                    byte[] value = [];
                    long version = row.GetInt64(1);
                    if (!range.KeysOnly)
                    {
                        value = row.GetFieldValue<byte[]>(5);
                        Checksum.Require(keyspace, key, version, value, row.GetInt64(4));
                    }

                    now = row.GetInt64(3);
                    bytes += value.Length;
                    entries.Add(new KeyValueEntry(key, value, Info(version, row.GetInt64(2))));
                }
            }

            bool isLast = entries.Count < bounds.Rows && bytes < bounds.Bytes;
            return new ScanPage(entries, isLast, now);
        }
    }

    internal static ValueInfo Info(long version, long expires) => new(
        version, expires == 0 ? null : new DateTimeOffset(expires, TimeSpan.Zero));

    private static StoredValue Value(
        NpgsqlDataReader row, int at, string keyspace, ReadOnlySpan<byte> key)
    {
        long version = row.GetInt64(at);
        byte[] value = row.GetFieldValue<byte[]>(at + 3);
        Checksum.Require(keyspace, key, version, value, row.GetInt64(at + 2));
        return new StoredValue(value, Info(version, row.GetInt64(at + 1)));
    }

    private NpgsqlCommand Command(
        NpgsqlConnection connection, string statement, int id, ReadOnlyMemory<byte> key, long? now)
    {
        NpgsqlCommand command = new(server.Sql[statement], connection);
        command.Parameters.Put(id);
        command.Parameters.Put(key);
        command.Parameters.Put(now);
        return command;
    }
}

/// <summary>How much of a range is read at once.</summary>
/// <param name="Rows">Most rows.</param>
/// <param name="Bytes">No more rows once their values have so many bytes.</param>
/// <param name="Behind">From behind this key; empty for the beginning.</param>
internal readonly record struct PageBounds(int Rows, long Bytes, ReadOnlyMemory<byte> Behind);

/// <summary>A part of a range.</summary>
/// <param name="Entries">Its entries.</param>
/// <param name="IsLast">Nothing follows.</param>
/// <param name="NowTicks">The time that expiry was judged by.</param>
internal sealed record ScanPage(List<KeyValueEntry> Entries, bool IsLast, long? NowTicks);
