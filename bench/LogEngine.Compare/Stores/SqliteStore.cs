namespace LogEngine.Compare.Stores;

/// <summary>
/// SQLite with its write-ahead log, synchronous FULL: one table whose key is the row's number, one
/// connection that writes, prepared statements, a connection for each reader.
/// </summary>
/// <remarks>
/// A table without row ids holds values among its keys; where these are longer than a quarter of a page
/// each comparison of a search reads a page of its own.
/// </remarks>
internal sealed unsafe class SqliteStore : IBenchStore, IBenchStoreWriter
{
    private const int LoadBatch = 100_000;

    private readonly Lock _writing = new();
    private readonly StoreSettings _settings;
    private readonly string _path;
    private readonly string _synchronous;
    private readonly nint _connection;
    private readonly nint _insert;
    private readonly byte[] _value;

    internal SqliteStore(StoreSettings settings)
    {
        _settings = settings;
        _value = new byte[settings.ValueBytes];
        _path = Path.Combine(settings.Directory, "store.db");
        _synchronous = settings.Durability == Durability.PowerLoss ? "FULL" : "NORMAL";
        _connection = SqliteNative.Open(_path, _synchronous, settings.CacheBytes);
        SqliteNative.Execute(
            _connection,
            "CREATE TABLE IF NOT EXISTS store (k INTEGER PRIMARY KEY, v BLOB)");
        _insert = SqliteNative.Prepare(
            _connection, "INSERT OR REPLACE INTO store (k, v) VALUES (?1, ?2)");
        Note = $"WAL, synchronous={_synchronous}, one writer at a time";
    }

    /// <inheritdoc/>
    public string Note { get; }

    /// <inheritdoc/>
    public bool IsBlocking => true;

    /// <inheritdoc/>
    public IBenchStoreWriter OpenWriter() => this;

    /// <inheritdoc/>
    public void Put(ulong key, ReadOnlySpan<byte> value)
    {
        lock (_writing)
        {
            Insert(key, value);
        }
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        Span<byte> value = _value;
        lock (_writing)
        {
            SqliteNative.Execute(_connection, "BEGIN IMMEDIATE");
            foreach (ulong key in keys)
            {
                values.Write(value, key);
                Insert(key, value);
            }

            SqliteNative.Execute(_connection, "COMMIT");
        }
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        Span<byte> value = _value;
        for (int done = 0; done < keys.Length; done += LoadBatch)
        {
            SqliteNative.Execute(_connection, "BEGIN IMMEDIATE");
            foreach (ulong key in keys.Slice(done, Math.Min(LoadBatch, keys.Length - done)))
            {
                values.Write(value, key);
                Insert(key, value);
            }

            SqliteNative.Execute(_connection, "COMMIT");
        }

        Checkpoint();
    }

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() => new SqliteReader(
        SqliteNative.Open(_path, _synchronous, _settings.CacheBytes), _settings);

    /// <inheritdoc/>
    public ValueTask FlushAsync()
    {
        Checkpoint();
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        SqliteNative.Check(_connection, SqliteNative.Finish(_insert), 0);
        SqliteNative.Check(_connection, SqliteNative.Close(_connection), 0);
        return default;
    }

    /// <summary>Numbers with a sign in the order of keys without one.</summary>
    internal static long RowOf(ulong key) => (long)(key ^ (1UL << 63));

    /// <summary>The key of a row.</summary>
    internal static ulong KeyOf(long row) => (ulong)row ^ (1UL << 63);

    private void Checkpoint() =>
        SqliteNative.Execute(_connection, "PRAGMA wal_checkpoint(TRUNCATE)");

    private void Insert(ulong key, ReadOnlySpan<byte> value)
    {
        fixed (byte* valueBytes = value)
        {
            int bound = SqliteNative.BindInt64(_insert, 1, RowOf(key))
                | SqliteNative.BindBlob(_insert, 2, valueBytes, value.Length, 0);
            SqliteNative.Check(_connection, bound, 0);
            int result = SqliteNative.Step(_insert);
            int reset = SqliteNative.Reset(_insert);
            SqliteNative.Check(_connection, result, SqliteNative.Done);
            SqliteNative.Check(_connection, reset, 0);
        }
    }
}
