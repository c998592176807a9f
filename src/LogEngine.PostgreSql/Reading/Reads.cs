namespace LogEngine.PostgreSql.Reading;

/// <summary>The reads of a keyspace, over some source.</summary>
internal sealed class Reads(IReadSource source, KeyRows rows, string name)
{
    internal ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        KeyCheck.Require(key.Span);
        return source.ReadAsync(
            connection => rows.GetAsync(connection, name, key, source.NowTicks), cancellationToken);
    }

    internal ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        byte[][] copies = new byte[keys.Count][];
        for (int i = 0; i < copies.Length; i++)
        {
            KeyCheck.Require(keys[i].Span);
            copies[i] = keys[i].ToArray();
        }

        return copies.Length == 0
            ? new ValueTask<StoredValue?[]>([])
            : source.ReadAsync(
                connection => rows.GetManyAsync(connection, name, copies, source.NowTicks),
                cancellationToken);
    }

    internal ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken)
    {
        KeyCheck.Require(key.Span);
        return source.ReadAsync(
            connection => rows.GetInfoAsync(connection, name, key, source.NowTicks), cancellationToken);
    }

    internal async ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range, CancellationToken cancellationToken)
    {
        KeyCheck.Require(range);
        ScanPage page = await source.ReadAsync(
            connection => rows.PageAsync(
                connection,
                name,
                range with { KeysOnly = true },
                new PageBounds(1, long.MaxValue, default),
                source.NowTicks),
            cancellationToken).ConfigureAwait(false);
        return page.Entries.Count > 0 ? page.Entries[0] : null;
    }

    internal ValueTask<long> CountAsync(ScanRange? range, CancellationToken cancellationToken)
    {
        if (range is { } part)
        {
            KeyCheck.Require(part);
        }

        return source.ReadAsync(
            connection => rows.CountAsync(connection, name, range), cancellationToken);
    }

    internal PostgreSqlScan Scan(ScanRange range)
    {
        KeyCheck.Require(range);
        return new PostgreSqlScan(source, rows, name, range);
    }
}
