using System.Runtime.InteropServices;

namespace LogEngine.Compare.Stores;

/// <summary>The stores there are, and what each needs.</summary>
internal static class StoreCatalog
{
    /// <summary>All of them, in the order in which they run.</summary>
    internal static IReadOnlyList<string> Names { get; } =
        ["logengine", "rocksdb", "lmdb", "sqlite", "zonetree", "fasterkv"];

    /// <summary>Those with order, and durability for each write.</summary>
    internal static IReadOnlyList<string> Durable { get; } =
        ["logengine", "rocksdb", "lmdb", "sqlite", "zonetree"];

    /// <summary>Opens a store, creating it.</summary>
    internal static IBenchStore Open(string name, StoreSettings settings) => name switch
    {
        "logengine" => LogEngineStore.Open(settings),
        "logengine-1" => LogEngineStore.Open(settings, new StorageEngineOptions { GroupsInFlight = 1 }),
        "logengine-2" => LogEngineStore.Open(settings, new StorageEngineOptions { GroupsInFlight = 2 }),
        "logengine-blocking" => LogEngineStore.OpenBlocking(settings),
        "rocksdb" => new RocksDbStore(settings),
        "lmdb" => new LmdbStore(settings),
        "sqlite" => new SqliteStore(settings),
        "zonetree" => new ZoneTreeStore(settings),
        "fasterkv" => new FasterKvStore(settings),
        "nothing" => new NothingStore(isBlocking: false),
        "nothing-blocking" => new NothingStore(isBlocking: true),
        _ => throw new ArgumentException($"There is no store '{name}'.", nameof(name)),
    };

    /// <summary>Why a store cannot run here at all; null where it can.</summary>
    internal static string? WhyMissing(string name) => name switch
    {
        "rocksdb" => WhyNotLoaded(RocksDbNative.Library),
        "lmdb" => LmdbNative.WhyMissing(),
        "sqlite" => WhyNotLoaded(SqliteNative.Library),
        _ => null,
    };

    /// <summary>Packages have native libraries for the usual platforms, not for all.</summary>
    private static string? WhyNotLoaded(string library) =>
        NativeLibrary.TryLoad(library, typeof(StoreCatalog).Assembly, null, out _)
            ? null
            : $"its package has no '{library}' for {RuntimeInformation.RuntimeIdentifier}";
}
