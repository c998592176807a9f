namespace LogEngine.Compare.Stores;

/// <summary>One read transaction, renewed every so many gets.</summary>
internal sealed unsafe class LmdbReader : IBenchStoreReader
{
    private const int GetsPerTransaction = 64;

    private readonly uint _database;
    private readonly int _valueBytes;
    private readonly nint _transaction;
    private int _gets;

    internal LmdbReader(nint environment, uint database, int valueBytes)
    {
        _database = database;
        _valueBytes = valueBytes;
        LmdbNative.Check(
            LmdbNative.Begin(environment, 0, LmdbNative.ReadOnly, out _transaction));
    }

    /// <inheritdoc/>
    public int Get(ulong key, Span<byte> value)
    {
        if (++_gets % GetsPerTransaction == 0)
        {
            Renew();
        }

        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        LmdbNative.Value keyValue = new() { Length = StoreKeys.Length, Bytes = keyBytes };
        LmdbNative.Value data = default;
        int error = LmdbNative.Get(_transaction, _database, &keyValue, &data);
        if (error == LmdbNative.NotFound)
        {
            return -1;
        }

        LmdbNative.Check(error);
        data.Span.CopyTo(value);
        return (int)data.Length;
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
        Renew();
        LmdbNative.Check(LmdbNative.OpenCursor(_transaction, _database, out nint cursor));
        ScanCounter counter = new();
        LmdbNative.Value key = default;
        LmdbNative.Value data = default;
        int error = LmdbNative.CursorGet(cursor, &key, &data, LmdbNative.First);
        while (error == 0)
        {
            counter.Add(key.Span, data.Span);
            error = LmdbNative.CursorGet(cursor, &key, &data, LmdbNative.Next);
        }

        LmdbNative.CloseCursor(cursor);
        LmdbNative.Check(error == LmdbNative.NotFound ? 0 : error);
        return counter.Sum;
    }

    /// <inheritdoc/>
    public void Dispose() => LmdbNative.Abort(_transaction);

    private void Renew()
    {
        LmdbNative.Reset(_transaction);
        LmdbNative.Check(LmdbNative.Renew(_transaction));
    }
}
