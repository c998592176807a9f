namespace LogEngine.Compare.Stores;

/// <summary>Reads of RocksDB without a copy of its own, several keys by its batched multi-get.</summary>
internal sealed unsafe class RocksDbReader(nint database, nint readOptions, int valueBytes)
    : IBenchStoreReader
{
    private readonly nint _family = RocksDbNative.DefaultFamily(database);

    /// <inheritdoc/>
    public int Get(ulong key, Span<byte> value)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        byte* error = null;
        nint pinned = RocksDbNative.Get(
            database, readOptions, keyBytes, StoreKeys.Length, &error);
        RocksDbNative.ThrowIf(error);
        return Take(pinned, value);
    }

    /// <inheritdoc/>
    public int GetMany(ReadOnlySpan<ulong> keys, Span<byte> values)
    {
        byte* keyBytes = stackalloc byte[keys.Length * StoreKeys.Length];
        byte** keyStarts = stackalloc byte*[keys.Length];
        nuint* keyLengths = stackalloc nuint[keys.Length];
        nint* pinned = stackalloc nint[keys.Length];
        byte** errors = stackalloc byte*[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keyStarts[i] = keyBytes + (i * StoreKeys.Length);
            keyLengths[i] = StoreKeys.Length;
            StoreKeys.Write(new Span<byte>(keyStarts[i], StoreKeys.Length), keys[i]);
        }

        RocksDbNative.MultiGet(
            database,
            readOptions,
            _family,
            (nuint)keys.Length,
            keyStarts,
            keyLengths,
            pinned,
            errors,
            sorted: 0);
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            RocksDbNative.ThrowIf(errors[i]);
            count += Take(pinned[i], values[(i * valueBytes)..]) < 0 ? 0 : 1;
        }

        return count;
    }

    /// <inheritdoc/>
    public ScanSum Scan() => Scan(null, long.MaxValue);

    /// <inheritdoc/>
    public ScanSum Scan(ulong from, int most)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), from);
        return Scan(keyBytes, most);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private ScanSum Scan(byte* from, long most)
    {
        // An iterator sees the store as it was when it was made, so each scan needs its own.
        nint iterator = RocksDbNative.CreateIterator(database, readOptions);
        if (from is null)
        {
            RocksDbNative.SeekToFirst(iterator);
        }
        else
        {
            RocksDbNative.Seek(iterator, from, StoreKeys.Length);
        }

        ScanCounter counter = new();
        for (long i = 0; i < most && RocksDbNative.IsValid(iterator) != 0; i++)
        {
            nuint keyLength;
            nuint length;
            byte* key = RocksDbNative.IteratorKey(iterator, &keyLength);
            byte* value = RocksDbNative.IteratorValue(iterator, &length);
            counter.Add(
                new ReadOnlySpan<byte>(key, (int)keyLength),
                new ReadOnlySpan<byte>(value, (int)length));
            RocksDbNative.Next(iterator);
        }

        byte* error = null;
        RocksDbNative.IteratorError(iterator, &error);
        RocksDbNative.DestroyIterator(iterator);
        RocksDbNative.ThrowIf(error);
        return counter.Sum;
    }

    private static int Take(nint pinned, Span<byte> value)
    {
        if (pinned == 0)
        {
            return -1;
        }

        nuint length;
        byte* bytes = RocksDbNative.PinnedValue(pinned, &length);
        new ReadOnlySpan<byte>(bytes, (int)length).CopyTo(value);
        RocksDbNative.Unpin(pinned);
        return (int)length;
    }
}
