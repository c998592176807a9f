using Npgsql;

namespace LogEngine.PostgreSql.Reading;

/// <summary>
/// A scan, page by page. The first page is read in a transaction that sees one moment; where nothing follows it,
/// which is most often so, the transaction ends with it.
/// </summary>
internal sealed class PostgreSqlScan(
    IReadSource source, KeyRows rows, string keyspace, ScanRange range) : KeyScan
{
    private const int FirstRows = 64;
    private const int MostRows = 4096;
    private const long PageBytes = 1 << 20;

    private Moment? _moment;
    private bool _owns;
    private List<KeyValueEntry> _page = [];
    private int _at = -1;
    private int _rows = FirstRows;

    /// <summary>Entries that are still to be read at most.</summary>
    private int _left = range.Limit == 0 ? int.MaxValue : range.Limit;
    private bool _isLast;
    private bool _disposed;
    private long? _now = source.NowTicks;
    private ReadOnlyMemory<byte> _behind;

    public override ReadOnlySpan<byte> Key => Current.Key.Span;

    public override ReadOnlySpan<byte> Value => Current.Value.Span;

    public override ValueInfo Info => Current.Info;

    private KeyValueEntry Current => _at >= 0 && _at < _page.Count
        ? _page[_at]
        : throw new InvalidOperationException("The scan stands on no entry.");

    public override async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_at + 1 < _page.Count)
        {
            _at++;
            return true;
        }

        if (_isLast)
        {
            _at = _page.Count;
            return false;
        }

        await ReadPageAsync(cancellationToken).ConfigureAwait(false);
        return _at < _page.Count;
    }

    public override void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            EndAsync().GetAwaiter().GetResult();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_disposed)
        {
            _disposed = true;
            await EndAsync().ConfigureAwait(false);
        }

        await base.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask ReadPageAsync(CancellationToken cancellationToken)
    {
        PageBounds bounds = new(Math.Min(_rows, _left), PageBytes, _behind);
        async Task<ScanPage> Read(NpgsqlConnection connection)
        {
            ScanPage read = await rows.PageAsync(connection, keyspace, range, bounds, _now)
                .ConfigureAwait(false);
            return read.Entries.Count < _left ? read : read with { IsLast = true };
        }

        ScanPage page;
        if (_moment is null)
        {
            (_moment, page) = await source.OpenMomentAsync(Read, cancellationToken).ConfigureAwait(false);
            _owns = !ReferenceEquals(_moment, source);
        }
        else
        {
            page = await _moment.ReadAsync(Read, cancellationToken).ConfigureAwait(false);
        }

        _page = page.Entries;
        _left -= page.Entries.Count;
        _isLast = page.IsLast;
        _now = page.NowTicks;
        _rows = Math.Min(_rows * 4, MostRows);
        _at = 0;
        if (_page.Count > 0)
        {
            _behind = _page[^1].Key;
        }

        if (_isLast)
        {
            await EndAsync().ConfigureAwait(false);
        }
    }

    private async Task EndAsync()
    {
        if (_owns && _moment is { } moment)
        {
            _owns = false;
            await moment.DisposeAsync().ConfigureAwait(false);
        }
    }
}
