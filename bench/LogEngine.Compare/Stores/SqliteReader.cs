namespace LogEngine.Compare.Stores;

/// <summary>Reads of one connection; so many gets share a transaction.</summary>
internal sealed unsafe class SqliteReader : IBenchStoreReader
{
    private readonly nint _connection;
    private readonly int _valueBytes;
    private readonly nint _select;
    private readonly nint _range;
    private readonly int _getsPerTransaction;
    private int _gets;

    internal SqliteReader(nint connection, StoreSettings settings)
    {
        _connection = connection;
        _valueBytes = settings.ValueBytes;
        _getsPerTransaction = settings.GetsPerTransaction;
        _select = SqliteNative.Prepare(connection, "SELECT v FROM store WHERE k = ?1");
        _range = SqliteNative.Prepare(
            connection, "SELECT k, v FROM store WHERE k >= ?1 ORDER BY k LIMIT ?2");
        Transaction("BEGIN");
    }

    /// <inheritdoc/>
    public int Get(ulong key, Span<byte> value)
    {
        if (++_gets % _getsPerTransaction == 0)
        {
            Renew();
        }

        SqliteNative.Check(
            _connection, SqliteNative.BindInt64(_select, 1, SqliteStore.RowOf(key)), 0);
        int length = -1;
        if (SqliteNative.Step(_select) == SqliteNative.Row)
        {
            length = SqliteNative.ColumnBytes(_select, 0);
            byte* bytes = SqliteNative.ColumnBlob(_select, 0);
            new ReadOnlySpan<byte>(bytes, length).CopyTo(value);
        }

        SqliteNative.Check(_connection, SqliteNative.Reset(_select), 0);
        return length;
    }

    /// <inheritdoc/>
    public int GetMany(ReadOnlySpan<ulong> keys, Span<byte> values)
    {
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            count += Get(keys[i], values[(i * _valueBytes)..]) < 0 ? 0 : 1;
        }

        return count;
    }

    /// <inheritdoc/>
    public ScanSum Scan()
    {
        nint all = SqliteNative.Prepare(_connection, "SELECT k, v FROM store ORDER BY k");
        ScanSum sum = Read(all);
        SqliteNative.Check(_connection, SqliteNative.Finish(all), 0);
        return sum;
    }

    /// <inheritdoc/>
    public ScanSum Scan(ulong from, int most)
    {
        Renew();
        int bound = SqliteNative.BindInt64(_range, 1, SqliteStore.RowOf(from))
            | SqliteNative.BindInt64(_range, 2, most);
        SqliteNative.Check(_connection, bound, 0);
        ScanSum sum = Read(_range);
        SqliteNative.Check(_connection, SqliteNative.Reset(_range), 0);
        return sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Transaction("COMMIT");
        SqliteNative.Check(_connection, SqliteNative.Finish(_select), 0);
        SqliteNative.Check(_connection, SqliteNative.Finish(_range), 0);
        SqliteNative.Check(_connection, SqliteNative.Close(_connection), 0);
    }

    private void Renew()
    {
        Transaction("COMMIT");
        Transaction("BEGIN");
    }

    /// <summary>A statement by itself is a transaction by itself.</summary>
    private void Transaction(string sql)
    {
        if (_getsPerTransaction > 1)
        {
            SqliteNative.Execute(_connection, sql);
        }
    }

    private ScanSum Read(nint statement)
    {
        ScanCounter counter = new();
        Span<byte> key = stackalloc byte[StoreKeys.Length];
        int result = SqliteNative.Step(statement);
        while (result == SqliteNative.Row)
        {
            StoreKeys.Write(key, SqliteStore.KeyOf(SqliteNative.ColumnInt64(statement, 0)));
            counter.Add(key, Column(statement, 1));
            result = SqliteNative.Step(statement);
        }

        SqliteNative.Check(_connection, result, SqliteNative.Done);
        return counter.Sum;
    }

    private static ReadOnlySpan<byte> Column(nint statement, int column)
    {
        byte* bytes = SqliteNative.ColumnBlob(statement, column);
        return new ReadOnlySpan<byte>(bytes, SqliteNative.ColumnBytes(statement, column));
    }
}
