namespace LogEngine.Compare.Stores;

/// <summary>The engine: writers are tasks; batches of updates are sent ahead of their commits.</summary>
internal sealed class LogEngineStore : IBenchStore
{
    /// <summary>Batches of updates on their way at once: each is awaited before it is used again.</summary>
    private const int BatchesInFlight = 8;

    private const int LoadBatch = 10_000;

    private readonly EmbeddedEngine _engine;
    private readonly EmbeddedKeyspace _keyspace;
    private readonly Durability _durability;
    private readonly byte[] _value;
    private readonly Queue<Task> _inFlight = new();

    private LogEngineStore(EmbeddedEngine engine, StoreSettings settings)
    {
        _engine = engine;
        _keyspace = engine.GetKeyspace("bench");
        _durability = settings.Durability;
        _value = new byte[settings.ValueBytes];
        Note = $"cache {settings.CacheBytes >> 20} MiB, {BatchesInFlight} update batches in flight";
    }

    internal static IBenchStore Open(StoreSettings settings) =>
        Open(settings, new StorageEngineOptions());

    internal static LogEngineStore Open(StoreSettings settings, StorageEngineOptions options) =>
        new(OpenEngine(settings, options), settings);

    /// <summary>Its writers are threads that block.</summary>
    internal static IBenchStore OpenBlocking(StoreSettings settings) =>
        new LogEngineStore(OpenEngine(settings, new StorageEngineOptions()), settings)
        {
            IsBlocking = true,
        };

    internal EmbeddedStatistics Statistics => _engine.Statistics;

    /// <inheritdoc/>
    public string Note { get; }

    /// <inheritdoc/>
    public bool IsBlocking { get; private init; }

    /// <inheritdoc/>
    public IBenchStoreWriter OpenWriter() => new Writer(_keyspace, _durability);

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        if (_inFlight.Count == BatchesInFlight)
        {
            _inFlight.Dequeue().GetAwaiter().GetResult();
        }

        _inFlight.Enqueue(Commit(keys, values, _durability));
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        for (int done = 0; done < keys.Length; done += LoadBatch)
        {
            Commit(
                keys.Slice(done, Math.Min(LoadBatch, keys.Length - done)),
                values,
                Durability.ProcessCrash).GetAwaiter().GetResult();
        }

        _engine.SnapshotAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() => new LogEngineReader(_keyspace, _value.Length);

    /// <inheritdoc/>
    public async ValueTask FlushAsync()
    {
        await Task.WhenAll(_inFlight).ConfigureAwait(false);
        _inFlight.Clear();
        await _engine.FlushAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    private static EmbeddedEngine OpenEngine(StoreSettings settings, StorageEngineOptions options) =>
        StorageEngine.OpenAsync(
            settings.Directory, options with { CacheBytes = settings.CacheBytes })
            .AsTask().GetAwaiter().GetResult();

    private Task<SequenceRange> Commit(ReadOnlySpan<ulong> keys, StoreValues values, Durability durability)
    {
        Span<byte> key = stackalloc byte[StoreKeys.Length];
        WriteBatch batch = _engine.CreateBatch();
        foreach (ulong number in keys)
        {
            StoreKeys.Write(key, number);
            values.Write(_value, number);
            batch.Put(_keyspace, key, _value);
        }

        return _engine.CommitAsync(batch, durability).AsTask();
    }

    /// <summary>One key buffer: its next put begins when the last has completed.</summary>
    private sealed class Writer(EmbeddedKeyspace keyspace, Durability durability) : IBenchStoreWriter
    {
        private readonly byte[] _key = new byte[StoreKeys.Length];

        public void Put(ulong key, ReadOnlySpan<byte> value)
        {
            StoreKeys.Write(_key, key);
            keyspace.Put(_key, value, durability);
        }

        public ValueTask<long> PutAsync(ulong key, ReadOnlyMemory<byte> value)
        {
            StoreKeys.Write(_key, key);
            return keyspace.PutAsync(_key, value, durability);
        }
    }
}
