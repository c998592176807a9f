namespace LogEngine.Compare.Stores;

/// <summary>Reads of RocksDB, without a copy of its own, or of LevelDB, which makes one.</summary>
internal sealed unsafe class LevelReader(
    LevelApi api, nint database, nint readOptions, int valueBytes) : IBenchStoreReader
{
    /// <inheritdoc/>
    public int Get(ulong key, Span<byte> value)
    {
        byte* keyBytes = stackalloc byte[StoreKeys.Length];
        StoreKeys.Write(new Span<byte>(keyBytes, StoreKeys.Length), key);
        byte* error = null;
        nuint length;
        if (!api.IsRocksDb)
        {
            byte* found = api.Get(
                database, readOptions, keyBytes, StoreKeys.Length, &length, &error);
            api.ThrowIf(error);
            return TakeOwned(found, length, value);
        }

        nint pinned = api.GetPinned(database, readOptions, keyBytes, StoreKeys.Length, &error);
        api.ThrowIf(error);
        if (pinned == 0)
        {
            return -1;
        }

        byte* bytes = api.PinnedValue(pinned, &length);
        new ReadOnlySpan<byte>(bytes, (int)length).CopyTo(value);
        api.PinnedDestroy(pinned);
        return (int)length;
    }

    /// <inheritdoc/>
    public int GetMany(ReadOnlySpan<ulong> keys, Span<byte> values)
    {
        if (api.IsRocksDb)
        {
            return MultiGet(keys, values);
        }

        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            count += Get(keys[i], values[(i * valueBytes)..]) < 0 ? 0 : 1;
        }

        return count;
    }

    /// <inheritdoc/>
    public ScanSum Scan()
    {
        nint iterator = api.Create("create_iterator", database, readOptions);
        api.Call("iter_seek_to_first", iterator);
        ScanCounter counter = new();
        while (api.Valid(iterator) != 0)
        {
            nuint keyLength;
            nuint length;
            byte* key = api.Key(iterator, &keyLength);
            byte* value = api.Value(iterator, &length);
            counter.Add(
                new ReadOnlySpan<byte>(key, (int)keyLength),
                new ReadOnlySpan<byte>(value, (int)length));
            api.Next(iterator);
        }

        api.Call("iter_destroy", iterator);
        return counter.Sum;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private int MultiGet(ReadOnlySpan<ulong> keys, Span<byte> values)
    {
        byte* keyBytes = stackalloc byte[keys.Length * StoreKeys.Length];
        byte** keyStarts = stackalloc byte*[keys.Length];
        nuint* keyLengths = stackalloc nuint[keys.Length];
        byte** found = stackalloc byte*[keys.Length];
        nuint* lengths = stackalloc nuint[keys.Length];
        byte** errors = stackalloc byte*[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keyStarts[i] = keyBytes + (i * StoreKeys.Length);
            keyLengths[i] = StoreKeys.Length;
            StoreKeys.Write(new Span<byte>(keyStarts[i], StoreKeys.Length), keys[i]);
        }

        api.MultiGet(
            database,
            readOptions,
            (nuint)keys.Length,
            keyStarts,
            keyLengths,
            found,
            lengths,
            errors);
        int count = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            api.ThrowIf(errors[i]);
            count += TakeOwned(found[i], lengths[i], values[(i * valueBytes)..]) < 0 ? 0 : 1;
        }

        return count;
    }

    private int TakeOwned(byte* found, nuint length, Span<byte> value)
    {
        if (found is null)
        {
            return -1;
        }

        new ReadOnlySpan<byte>(found, (int)length).CopyTo(value);
        api.Free(found);
        return (int)length;
    }
}
