namespace LogEngine.Compare.Stores;

/// <summary>One read transaction, renewed after so many gets, and for each scan.</summary>
internal sealed unsafe class LmdbReader : IBenchStoreReader
{
    private readonly uint _database;
    private readonly int _valueBytes;
    private readonly nint _transaction;
    private readonly nint _cursor;
    private readonly int _getsPerTransaction;
    private int _gets;
    private bool _isOpen = true;

    internal LmdbReader(nint environment, uint database, StoreSettings settings)
    {
        _getsPerTransaction = settings.GetsPerTransaction;
        _database = database;
        _valueBytes = settings.ValueBytes;
        LmdbNative.Check(
            LmdbNative.Begin(environment, 0, LmdbNative.ReadOnly, out _transaction));
        LmdbNative.Check(LmdbNative.OpenCursor(_transaction, _database, out _cursor));
        Close();
    }

    /// <inheritdoc/>
    public int Get(ulong key, Span<byte> value)
    {
        Open();
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        LmdbNative.Value keyValue = new() { Length = StoreKeys.Length, Bytes = keyBytes };
        LmdbNative.Value data = default;
        int error = LmdbNative.Get(_transaction, _database, &keyValue, &data);
        LmdbNative.Check(error == LmdbNative.NotFound ? 0 : error);
        int length = error == LmdbNative.NotFound ? -1 : (int)data.Length;
        if (length >= 0)
        {
            data.Span.CopyTo(value);
        }

        if (++_gets % _getsPerTransaction == 0)
        {
            Close();
        }

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
        Close();
        Open();
        LmdbNative.Check(LmdbNative.RenewCursor(_transaction, _cursor));
        ScanCounter counter = new();
        LmdbNative.Value data = default;
        int error = LmdbNative.CursorGet(_cursor, &key, &data, operation);
        for (long i = 1; error == 0; i++)
        {
            counter.Add(key.Span, data.Span);
            if (i == most)
            {
                break;
            }

            error = LmdbNative.CursorGet(_cursor, &key, &data, LmdbNative.Next);
        }

        Close();
        LmdbNative.Check(error == LmdbNative.NotFound ? 0 : error);
        return counter.Sum;
    }

    private void Open()
    {
        if (!_isOpen)
        {
            LmdbNative.Check(LmdbNative.Renew(_transaction));
            _isOpen = true;
        }
    }

    /// <summary>One that stays open keeps the writer from using pages again.</summary>
    private void Close()
    {
        if (_isOpen)
        {
            LmdbNative.Reset(_transaction);
            _isOpen = false;
        }
    }
}
