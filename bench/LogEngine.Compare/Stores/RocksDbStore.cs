namespace LogEngine.Compare.Stores;

/// <summary>RocksDB at the settings at which it was found fastest.</summary>
/// <remarks>
/// No compression, 1 GiB of write buffer, a bloom filter of 10 bits a key, a block cache of the
/// run's cache size; one thread a writer. Filled without its log, then compacted.
/// </remarks>
internal sealed unsafe class RocksDbStore : IBenchStore, IBenchStoreWriter
{
    private const long WriteBufferBytes = 1L << 30;
    private const int BloomBits = 10;
    private const int LoadBatch = 1000;

    private readonly int _valueBytes;
    private readonly nint _cache;
    private readonly nint _options;
    private readonly nint _writeOptions;
    private readonly nint _loadOptions;
    private readonly nint _flushOptions;
    private readonly nint _readOptions;
    private readonly nint _database;
    private readonly nint _batch;
    private readonly byte[] _value;

    internal RocksDbStore(StoreSettings settings)
    {
        _valueBytes = settings.ValueBytes;
        _cache = RocksDbNative.CreateCache((nuint)settings.CacheBytes);
        _options = Options(_cache);
        bool syncs = settings.Durability == Durability.PowerLoss;
        _writeOptions = WriteOptions(syncs);
        _flushOptions = WriteOptions(syncs: true);
        _loadOptions = WriteOptions(syncs: false);
        RocksDbNative.DisableLog(_loadOptions, 1);
        _readOptions = RocksDbNative.CreateReadOptions();
        _database = RocksDbNative.Open(_options, settings.Directory);
        _batch = RocksDbNative.CreateBatch();
        _value = new byte[settings.ValueBytes];
        Note = syncs ? "sync=true, one thread a writer" : "sync=false, its log written to the system";
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
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        byte* error = null;
        fixed (byte* valueBytes = value)
        {
            RocksDbNative.Put(
                _database,
                _writeOptions,
                keyBytes,
                StoreKeys.Length,
                valueBytes,
                (nuint)value.Length,
                &error);
        }

        RocksDbNative.ThrowIf(error);
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        Span<byte> value = _value;
        foreach (ulong key in keys)
        {
            values.Write(value, key);
            Add(key, value);
        }

        Commit(_writeOptions);
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        Span<byte> value = _value;
        for (int i = 0; i < keys.Length; i++)
        {
            values.Write(value, keys[i]);
            Add(keys[i], value);
            if (i % LoadBatch == LoadBatch - 1)
            {
                Commit(_loadOptions);
            }
        }

        Commit(_loadOptions);
        RocksDbNative.Compact(_database, null, 0, null, 0);
    }

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() =>
        new RocksDbReader(_database, _readOptions, _valueBytes);

    /// <inheritdoc/>
    public ValueTask FlushAsync()
    {
        // A synced write makes the log before it durable too.
        Commit(_flushOptions);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        RocksDbNative.DestroyBatch(_batch);
        RocksDbNative.Close(_database);
        foreach (nint options in (nint[])[_writeOptions, _flushOptions, _loadOptions])
        {
            RocksDbNative.DestroyWriteOptions(options);
        }

        RocksDbNative.DestroyReadOptions(_readOptions);
        RocksDbNative.DestroyOptions(_options);
        RocksDbNative.DestroyCache(_cache);
        return default;
    }

    private static nint Options(nint cache)
    {
        nint table = RocksDbNative.CreateTableOptions();
        RocksDbNative.SetBlockCache(table, cache);
        RocksDbNative.SetFilterPolicy(table, RocksDbNative.CreateBloom(BloomBits));
        nint options = RocksDbNative.CreateOptions();
        RocksDbNative.SetCreateIfMissing(options, 1);
        RocksDbNative.SetCompression(options, 0);
        RocksDbNative.SetWriteBufferSize(options, (nuint)WriteBufferBytes);
        RocksDbNative.SetTableOptions(options, table);
        RocksDbNative.DestroyTableOptions(table);
        return options;
    }

    private static nint WriteOptions(bool syncs)
    {
        nint options = RocksDbNative.CreateWriteOptions();
        RocksDbNative.SetSync(options, syncs ? (byte)1 : (byte)0);
        return options;
    }

    private void Add(ulong key, ReadOnlySpan<byte> value)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        fixed (byte* valueBytes = value)
        {
            RocksDbNative.BatchPut(
                _batch, keyBytes, StoreKeys.Length, valueBytes, (nuint)value.Length);
        }
    }

    private void Commit(nint options)
    {
        byte* error = null;
        RocksDbNative.Write(_database, options, _batch, &error);
        RocksDbNative.ClearBatch(_batch);
        RocksDbNative.ThrowIf(error);
    }
}
