using System.Runtime.InteropServices;

namespace LogEngine.Compare.Stores;

/// <summary>The stores there are, and what each needs.</summary>
internal static class StoreCatalog
{
    /// <summary>All of them, in the order in which they run.</summary>
    internal static IReadOnlyList<string> Names { get; } =
        ["logengine", "rocksdb", "leveldb", "lmdb", "sqlite", "fasterkv"];

    /// <summary>Opens a store, creating it.</summary>
    internal static IBenchStore Open(string name, StoreSettings settings) => name switch
    {
        "logengine" => LogEngineStore.Open(settings),
        "logengine-2" => LogEngineStore.Open(settings, new StorageEngineOptions { GroupsInFlight = 2 }),
        "rocksdb" => new LevelStore(LevelApi.RocksDb, settings),
        "leveldb" => new LevelStore(LevelApi.LevelDb, settings),
        "lmdb" => new LmdbStore(settings),
        "sqlite" => new SqliteStore(settings),
        "fasterkv" => new FasterKvStore(settings),
        _ => throw new ArgumentException($"There is no store '{name}'.", nameof(name)),
    };

    /// <summary>Why a store cannot run here at all; null where it can.</summary>
    internal static string? WhyMissing(string name) => name switch
    {
        "rocksdb" => WhyMissing(LevelApi.RocksDbLibrary, "librocksdb-dev"),
        "leveldb" => WhyMissing(LevelApi.LevelDbLibrary, "libleveldb-dev"),
        "lmdb" => WhyMissing(LmdbNative.Library, "liblmdb-dev"),
        "sqlite" => WhyMissing(SqliteNative.Library, "libsqlite3-0"),
        _ => null,
    };

    private static string? WhyMissing(string library, string package) =>
        NativeLibrary.TryLoad(library, typeof(StoreCatalog).Assembly, null, out _)
            ? null
            : $"{library} is not installed; on Debian it is in {package}";
}
