namespace LogEngine.Compare.Stores;

/// <summary>RocksDB or LevelDB at the settings at which each was found fastest.</summary>
/// <remarks>
/// No compression, 1 GiB of write buffer, a bloom filter of 10 bits a key, a block cache of the
/// run's cache size; one thread a writer. Filled, RocksDB without its log, then compacted.
/// </remarks>
internal sealed unsafe class LevelStore : IBenchStore
{
    private const long WriteBufferBytes = 1L << 30;
    private const int BloomBits = 10;
    private const int LoadBatch = 1000;

    private readonly LevelApi _api;
    private readonly int _valueBytes;
    private readonly nint _options;
    private readonly nint _writeOptions;
    private readonly nint _loadOptions;
    private readonly nint _flushOptions;
    private readonly nint _readOptions;
    private readonly nint _database;

    private readonly nint _batch;
    private readonly byte[] _value;

    internal LevelStore(LevelApi api, StoreSettings settings)
    {
        _api = api;
        _valueBytes = settings.ValueBytes;
        _options = Options(api, settings.CacheBytes);
        bool syncs = settings.Durability == Durability.PowerLoss;
        _writeOptions = api.Create("writeoptions_create");
        api.SetByte("writeoptions_set_sync", _writeOptions, syncs ? (byte)1 : (byte)0);
        _flushOptions = api.Create("writeoptions_create");
        api.SetByte("writeoptions_set_sync", _flushOptions, 1);
        _loadOptions = api.Create("writeoptions_create");
        if (api.IsRocksDb)
        {
            api.SetInt("writeoptions_disable_WAL", _loadOptions, 1);
        }

        _readOptions = api.Create("readoptions_create");
        _database = api.Open(_options, settings.Directory);
        _batch = api.Create("writebatch_create");
        _value = new byte[settings.ValueBytes];
        Note = syncs ? "sync=true, one thread a writer" : "sync=false";
    }

    /// <inheritdoc/>
    public string Note { get; }

    /// <inheritdoc/>
    public bool IsBlocking => true;

    /// <inheritdoc/>
    public void Put(ulong key, ReadOnlySpan<byte> value)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        byte* error = null;
        fixed (byte* valueBytes = value)
        {
            _api.Put(
                _database,
                _writeOptions,
                keyBytes,
                StoreKeys.Length,
                valueBytes,
                (nuint)value.Length,
                &error);
        }

        _api.ThrowIf(error);
    }

    /// <inheritdoc/>
    public ValueTask PutAsync(ulong key, ReadOnlyMemory<byte> value)
    {
        Put(key, value.Span);
        return default;
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
        _api.CompactAll(_database);
    }

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() =>
        new LevelReader(_api, _database, _readOptions, _valueBytes);

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
        _api.Call("writebatch_destroy", _batch);
        _api.Call("close", _database);
        foreach (nint options in (nint[])[_writeOptions, _flushOptions, _loadOptions])
        {
            _api.Call("writeoptions_destroy", options);
        }

        _api.Call("readoptions_destroy", _readOptions);
        _api.Call("options_destroy", _options);
        return default;
    }

    private static nint Options(LevelApi api, long cacheBytes)
    {
        nint options = api.Create("options_create");
        api.SetByte("options_set_create_if_missing", options, 1);
        api.SetInt("options_set_compression", options, 0);
        api.SetSize("options_set_write_buffer_size", options, WriteBufferBytes);
        nint cache = api.CreateCache(cacheBytes);
        nint bloom = api.CreateBloom(BloomBits);
        if (api.IsRocksDb)
        {
            nint table = api.Create("block_based_options_create");
            api.SetObject("block_based_options_set_block_cache", table, cache);
            api.SetObject("block_based_options_set_filter_policy", table, bloom);
            api.SetObject("options_set_block_based_table_factory", options, table);
        }
        else
        {
            api.SetObject("options_set_cache", options, cache);
            api.SetObject("options_set_filter_policy", options, bloom);
        }

        return options;
    }

    private void Add(ulong key, ReadOnlySpan<byte> value)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        fixed (byte* valueBytes = value)
        {
            _api.BatchPut(
                _batch, keyBytes, StoreKeys.Length, valueBytes, (nuint)value.Length);
        }
    }

    private void Commit(nint options)
    {
        byte* error = null;
        _api.Write(_database, options, _batch, &error);
        _api.BatchClear(_batch);
        _api.ThrowIf(error);
    }
}
