namespace LogEngine.Compare.Stores;

/// <summary>LMDB: one writer at a time; readers whose transactions stay open for 64 gets.</summary>
internal sealed unsafe class LmdbStore : IBenchStore, IBenchStoreWriter
{
    private const int LoadBatch = 100_000;

    /// <summary>Room for pages that are half full, and for the copies that writing makes.</summary>
    private const long MapBytesPerRecord = 4;
    private const long LeastMapBytes = 4L << 30;

    private readonly nint _environment;
    private readonly uint _database;
    private readonly StoreSettings _settings;
    private readonly byte[] _value;

    internal LmdbStore(StoreSettings settings)
    {
        _settings = settings;
        _value = new byte[settings.ValueBytes];
        LmdbNative.Check(LmdbNative.Create(out _environment));
        long map = settings.Keys * (settings.ValueBytes + 64L) * MapBytesPerRecord;
        LmdbNative.Check(
            LmdbNative.SetMapSize(_environment, (nuint)Math.Max(LeastMapBytes, map)));
        bool syncs = settings.Durability == Durability.PowerLoss;
        uint flags = LmdbNative.NoTls | (syncs ? 0 : LmdbNative.NoSync);
        LmdbNative.Check(LmdbNative.Open(_environment, settings.Directory, flags, 0x1A4));
        nint transaction = Begin();
        LmdbNative.Check(LmdbNative.OpenDatabase(transaction, 0, 0, out _database));
        LmdbNative.Check(LmdbNative.Commit(transaction));
        Note = syncs
            ? "one writer at a time"
            : "MDB_NOSYNC, which survives a process crash; one writer at a time";
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
        nint transaction = Begin();
        Put(transaction, key, value, 0);
        LmdbNative.Check(LmdbNative.Commit(transaction));
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        Span<byte> value = _value;
        nint transaction = Begin();
        foreach (ulong key in keys)
        {
            values.Write(value, key);
            Put(transaction, key, value, 0);
        }

        LmdbNative.Check(LmdbNative.Commit(transaction));
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        Span<byte> value = _value;
        for (int done = 0; done < keys.Length; done += LoadBatch)
        {
            nint transaction = Begin();
            foreach (ulong key in keys.Slice(done, Math.Min(LoadBatch, keys.Length - done)))
            {
                values.Write(value, key);
                Put(transaction, key, value, LmdbNative.Append);
            }

            LmdbNative.Check(LmdbNative.Commit(transaction));
        }

        LmdbNative.Check(LmdbNative.Sync(_environment, 1));
    }

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() =>
        new LmdbReader(_environment, _database, _settings);

    /// <inheritdoc/>
    public ValueTask FlushAsync()
    {
        LmdbNative.Check(LmdbNative.Sync(_environment, 1));
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        LmdbNative.Close(_environment);
        return default;
    }

    private nint Begin()
    {
        LmdbNative.Check(LmdbNative.Begin(_environment, 0, 0, out nint transaction));
        return transaction;
    }

    private void Put(nint transaction, ulong key, ReadOnlySpan<byte> value, uint flags)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        fixed (byte* valueBytes = value)
        {
            LmdbNative.Value keyValue = new() { Length = StoreKeys.Length, Bytes = keyBytes };
            LmdbNative.Value data = new() { Length = (nuint)value.Length, Bytes = valueBytes };
            int error = LmdbNative.Put(transaction, _database, &keyValue, &data, flags);
            if (error != 0)
            {
                LmdbNative.Abort(transaction);
                LmdbNative.Check(error);
            }
        }
    }
}
