namespace LogEngine.Compare.Stores;

/// <summary>One read transaction, renewed every so many gets.</summary>
internal sealed unsafe class LmdbReader : IBenchStoreReader
{
    private const int GetsPerTransaction = 64;

    private readonly uint _database;
    private readonly int _valueBytes;
    private readonly nint _transaction;
    private readonly nint _cursor;
    private int _gets;

    internal LmdbReader(nint environment, uint database, int valueBytes)
    {
        _database = database;
        _valueBytes = valueBytes;
        LmdbNative.Check(
            LmdbNative.Begin(environment, 0, LmdbNative.ReadOnly, out _transaction));
        LmdbNative.Check(LmdbNative.OpenCursor(_transaction, _database, out _cursor));
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
    public ScanSum Scan() => Scan(default, LmdbNative.First, long.MaxValue);

    /// <inheritdoc/>
    public ScanSum Scan(ulong from, int most)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), from);
        return Scan(
            new LmdbNative.Value { Length = StoreKeys.Length, Bytes = keyBytes },
            LmdbNative.SetRange,
            most);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        LmdbNative.CloseCursor(_cursor);
        LmdbNative.Abort(_transaction);
    }

    private ScanSum Scan(LmdbNative.Value key, int operation, long most)
    {
        Renew();
        LmdbNative.Check(LmdbNative.RenewCursor(_transaction, _cursor));
        ScanCounter counter = new();
        LmdbNative.Value data = default;
        int error = LmdbNative.CursorGet(_cursor, &key, &data, operation);
        for (long i = 1; error == 0; i++)
        {
            counter.Add(key.Span, data.Span);
            if (i == most)
            {
                return counter.Sum;
            }

            error = LmdbNative.CursorGet(_cursor, &key, &data, LmdbNative.Next);
        }

        LmdbNative.Check(error == LmdbNative.NotFound ? 0 : error);
        return counter.Sum;
    }

    private void Renew()
    {
        LmdbNative.Reset(_transaction);
        LmdbNative.Check(LmdbNative.Renew(_transaction));
    }
}
