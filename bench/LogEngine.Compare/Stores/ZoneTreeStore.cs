using ZoneTree;
using ZoneTree.Comparers;
using ZoneTree.Logger;
using ZoneTree.Options;
using ZoneTree.Serializers;

namespace LogEngine.Compare.Stores;

/// <summary>ZoneTree: an LSM tree in C#, with its strictest write-ahead log and no compression.</summary>
/// <remarks>
/// Its mode 'Sync' gives each record to the operating system before a write returns, which survives a
/// crash of the process. No mode syncs by itself: for power loss each write is followed by SyncWALAsync,
/// which is an fsync for that write alone. Batches are not atomic, but share that sync.
/// </remarks>
internal sealed class ZoneTreeStore : IBenchStore, IBenchStoreWriter
{
    private readonly IZoneTree<ulong, Memory<byte>> _tree;
    private readonly IMaintainer _maintainer;
    private readonly int _valueBytes;
    private readonly bool _syncs;

    internal ZoneTreeStore(StoreSettings settings)
    {
        _valueBytes = settings.ValueBytes;
        _syncs = settings.Durability == Durability.PowerLoss;
        _tree = new ZoneTreeFactory<ulong, Memory<byte>>(null)
            .SetLogLevel(LogLevel.Error)
            .SetDataDirectory(settings.Directory)
            .SetComparer(new UInt64ComparerAscending())
            .SetKeySerializer(new UInt64Serializer())
            .SetValueSerializer(new ByteArraySerializer())
            .DisableDeletion()
            .ConfigureWriteAheadLogOptions(o => o.WriteAheadLogMode = WriteAheadLogMode.Sync)
            .ConfigureDiskSegmentOptions(o => o.CompressionMethod = CompressionMethod.None)
            .OpenOrCreate();
        _maintainer = _tree.CreateMaintainer();
        Note = _syncs ? "log mode Sync, SyncWALAsync after each write" : "log mode Sync, not synced";
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
        // The tree keeps the array that it is given.
        _tree.Upsert(key, value.ToArray());
        Sync();
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        foreach (ulong key in keys)
        {
            Put(key, values);
        }

        Sync();
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        foreach (ulong key in keys)
        {
            Put(key, values);
        }

        _maintainer.EvictToDisk();
        _maintainer.WaitForBackgroundThreads();
        _tree.SyncWALAsync(CancellationToken.None).GetAwaiter().GetResult();
    }

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() => new Reader(_tree, _valueBytes);

    /// <inheritdoc/>
    public async ValueTask FlushAsync() =>
        await _tree.SyncWALAsync(CancellationToken.None).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _maintainer.WaitForBackgroundThreads();
        _maintainer.Dispose();
        _tree.Dispose();
        return default;
    }

    private void Put(ulong key, StoreValues values)
    {
        byte[] value = new byte[_valueBytes];
        values.Write(value, key);
        _tree.Upsert(key, value);
    }

    private void Sync()
    {
        if (_syncs)
        {
            _tree.SyncWALAsync(CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    private sealed class Reader(IZoneTree<ulong, Memory<byte>> tree, int valueBytes)
        : IBenchStoreReader
    {
        public int Get(ulong key, Span<byte> value)
        {
            if (!tree.TryGet(key, out Memory<byte> found))
            {
                return -1;
            }

            found.Span.CopyTo(value);
            return found.Length;
        }

        public int GetMany(ReadOnlySpan<ulong> keys, Span<byte> values)
        {
            int count = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                count += Get(keys[i], values[(i * valueBytes)..]) < 0 ? 0 : 1;
            }

            return count;
        }

        public ScanSum Scan() => Scan(0, int.MaxValue);

        public ScanSum Scan(ulong from, int most)
        {
            using IZoneTreeIterator<ulong, Memory<byte>> iterator =
                tree.CreateIterator(IteratorType.NoRefresh, false, false);
            iterator.Seek(from);
            Span<byte> key = stackalloc byte[StoreKeys.Length];
            ScanCounter counter = new();
            for (int i = 0; i < most && iterator.Next(); i++)
            {
                StoreKeys.Write(key, iterator.CurrentKey);
                counter.Add(key, iterator.CurrentValue.Span);
            }

            return counter.Sum;
        }

        public void Dispose()
        {
        }
    }
}
