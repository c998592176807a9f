using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>Stores that are filled once and stay open for all runs of a cell.</summary>
internal sealed class LoadedStores(CompareOptions options, int valueBytes, long keys)
    : IAsyncDisposable
{
    private readonly Dictionary<string, (IBenchStore Store, RunDirectory Directory)> _stores = [];
    private readonly ulong[] _keys = StoreKeys.Ascending(keys);

    /// <summary>Gets that share a read transaction, where there are such.</summary>
    internal int GetsPerTransaction { get; init; } = StoreSettings.DefaultGetsPerTransaction;

    /// <summary>The values in them.</summary>
    internal StoreValues Values { get; } = new(valueBytes);

    /// <summary>
    /// The store of an engine; filled, and read through once, when it is asked for first.
    /// </summary>
    internal IBenchStore Of(string engine)
    {
        if (_stores.TryGetValue(engine, out (IBenchStore Store, RunDirectory) loaded))
        {
            return loaded.Store;
        }

        RunDirectory directory = new(options, engine);
        IBenchStore store = StoreCatalog.Open(
            engine,
            StoreRuns.Settings(options, directory.Path, valueBytes, keys) with
            {
                GetsPerTransaction = GetsPerTransaction,
            });
        _stores.Add(engine, (store, directory));
        store.Load(_keys, Values);
        Warm(store);
        return store;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach ((IBenchStore store, RunDirectory directory) in _stores.Values)
        {
            await store.DisposeAsync();
            directory.Dispose();
        }
    }

    /// <summary>Brings everything into the caches that there are, and checks it.</summary>
    private void Warm(IBenchStore store)
    {
        using IBenchStoreReader reader = store.OpenReader();
        byte[] value = new byte[valueBytes];
        foreach (ulong key in _keys)
        {
            int length = reader.Get(key, value);
            if (length < 0 || !Values.IsRight(value.AsSpan(0, length), key))
            {
                throw new InvalidDataException($"The value of key {key:X} is not what was put.");
            }
        }
    }
}
