using LogEngine.Compare.Faster;

namespace LogEngine.Compare.Stores;

/// <summary>FasterKV: a hash without order, in memory, durable only at checkpoints.</summary>
internal sealed class FasterKvStore(StoreSettings settings) : IBenchStore, IBenchStoreWriter
{
    private readonly FasterKvPeer _store = new(settings.Keys);
    private readonly byte[] _value = new byte[settings.ValueBytes];

    /// <inheritdoc/>
    public string Note => "in memory; nothing durable per write";

    /// <inheritdoc/>
    public bool IsBlocking => true;

    /// <inheritdoc/>
    public IBenchStoreWriter OpenWriter() => this;

    /// <inheritdoc/>
    public void Put(ulong key, ReadOnlySpan<byte> value)
    {
        using FasterKvPeer.Session session = _store.OpenSession();
        session.Put(key, value);
    }

    /// <inheritdoc/>
    public void Update(ReadOnlySpan<ulong> keys, StoreValues values)
    {
        using FasterKvPeer.Session session = _store.OpenSession();
        foreach (ulong key in keys)
        {
            values.Write(_value, key);
            session.Put(key, _value);
        }
    }

    /// <inheritdoc/>
    public void Load(ReadOnlySpan<ulong> keys, StoreValues values) => Update(keys, values);

    /// <inheritdoc/>
    public IBenchStoreReader OpenReader() =>
        new Reader(_store.OpenSession(), settings.ValueBytes);

    /// <inheritdoc/>
    public ValueTask FlushAsync() => default;

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _store.Dispose();
        return default;
    }

    private sealed class Reader(FasterKvPeer.Session session, int valueBytes) : IBenchStoreReader
    {
        public int Get(ulong key, Span<byte> value) => session.Get(key, value);

        public int GetMany(ReadOnlySpan<ulong> keys, Span<byte> values)
        {
            int count = 0;
            for (int i = 0; i < keys.Length; i++)
            {
                count += Get(keys[i], values[(i * valueBytes)..]) < 0 ? 0 : 1;
            }

            return count;
        }

        public ScanSum Scan() => throw new NotSupportedException("It has no order.");

        public ScanSum Scan(ulong from, int most) => Scan();

        public void Dispose() => session.Dispose();
    }
}
