using LogEngine.PostgreSql.Watching;

namespace LogEngine.PostgreSql.Reading;

/// <summary>The reads of a keyspace, over some source: as of a view, or as it is now.</summary>
internal sealed class Reads(IReadSource source, KeyRows rows, Watches watches, string name)
    : KeyspaceReader(name)
{
    public override ValueTask<StoredValue?> GetAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(key.Span);
        return source.ReadAsync(
            connection => rows.GetAsync(connection, Name, key, source.NowTicks), cancellationToken);
    }

    public override ValueTask<StoredValue?[]> GetManyAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> keys, CancellationToken cancellationToken = default)
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
                connection => rows.GetManyAsync(connection, Name, copies, source.NowTicks),
                cancellationToken);
    }

    public override ValueTask<ValueInfo?> GetInfoAsync(
        ReadOnlyMemory<byte> key, CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(key.Span);
        return source.ReadAsync(
            connection => rows.GetInfoAsync(connection, Name, key, source.NowTicks), cancellationToken);
    }

    public override async ValueTask<KeyValueEntry?> GetFirstAsync(
        ScanRange range = default, CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(range);
        ScanPage page = await source.ReadAsync(
            connection => rows.PageAsync(
                connection,
                Name,
                range with { KeysOnly = true },
                new PageBounds(1, long.MaxValue, default),
                source.NowTicks),
            cancellationToken).ConfigureAwait(false);
        return page.Entries.Count > 0 ? page.Entries[0] : null;
    }

    public override ValueTask<long> CountAsync(CancellationToken cancellationToken = default) =>
        CountAsync(null, cancellationToken);

    public override async ValueTask<long> CountRangeAsync(
        ScanRange range, CancellationToken cancellationToken = default)
    {
        KeyCheck.Require(range);
        long count = await CountAsync(range, cancellationToken).ConfigureAwait(false);
        return range.Limit == 0 ? count : Math.Min(count, range.Limit);
    }

    public override KeyScan Scan(ScanRange range = default)
    {
        KeyCheck.Require(range);
        return new PostgreSqlScan(source, rows, Name, range);
    }

    public override ValueTask<WatchPosition> GetPositionAsync(
        CancellationToken cancellationToken = default) =>
        watches.PositionAsync(source, Name, cancellationToken);

    private ValueTask<long> CountAsync(ScanRange? range, CancellationToken cancellationToken) =>
        source.ReadAsync(connection => rows.CountAsync(connection, Name, range), cancellationToken);
}
