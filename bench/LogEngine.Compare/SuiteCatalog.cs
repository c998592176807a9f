using LogEngine.Compare.Stores;
using LogEngine.Compare.Suites;

namespace LogEngine.Compare;

/// <summary>All suites, in the order in which 'all' runs them.</summary>
internal static class SuiteCatalog
{
    private static readonly string[] LogEngines = ["logengine", "device", "bare", "fasterlog"];

    /// <summary>Them.</summary>
    internal static IReadOnlyList<SuiteEntry> All { get; } =
        [.. LogSuites(), .. StoreSuites(), .. EngineSuites(), .. QueueSuites()];

    /// <summary>The suite of a name, or a <see cref="UsageException"/> that names all of them.</summary>
    internal static SuiteEntry Of(string name) =>
        All.SingleOrDefault(suite => suite.Name == name)
        ?? throw new UsageException(
            $"Unknown suite '{name}'; there are {string.Join(", ", All.Select(suite => suite.Name))}.");

    private static IEnumerable<SuiteEntry> LogSuites() =>
    [
        new(AppendSuite.Name, LogEngines, AppendSuite.RunAsync)
        {
            MoreEngines =
            [
                "logengine-1", "logengine-2", "logengine-blocking", "device-buffered", "bare-buffered",
                "fasterlog-fast",
            ],
            Quick = o => o with { Appenders = [1, 64], Payloads = [100] },
        },
        new(BufferedSuite.Name, LogEngines, BufferedSuite.RunAsync)
        {
            MoreEngines = ["device-buffered", "bare-buffered", "fasterlog-fast"],
            Defaults = o => o with { Payloads = [100, 1024] },
            Quick = o => o with { Payloads = [100] },
        },
        new(OpenLoopSuite.Name, ["logengine", "logengine-1"], OpenLoopSuite.RunAsync)
        {
            MoreEngines = ["logengine-2"],
            Defaults = o => o with { Payloads = [100], Appenders = [64], Length = TimeSpan.FromSeconds(5) },
        },
        new(ScanSuite.Name, ["logengine", "bare", "fasterlog"], ScanSuite.RunAsync)
        {
            Defaults = o => o with { Payloads = [100] },
            Quick = o => o with { Records = 100_000 },
        },
        new(RetentionSuite.Name, ["logengine", "device-1m", "device-4m", "bare"], RetentionSuite.RunAsync)
        {
            MoreEngines = ["bare-buffered"],
            Defaults = o => o with { Payloads = [16384], Appenders = [512] },
            Quick = o => o with { Appenders = [64] },
        },
    ];

    private static IEnumerable<SuiteEntry> StoreSuites() =>
    [
        new(StorePutSuite.Name, StoreCatalog.Names, StorePutSuite.RunAsync)
        {
            MoreEngines =
            [
                "logengine-1", "logengine-2", "logengine-blocking", "nothing", "nothing-blocking",
            ],
            Defaults = o => o with { Payloads = [100] },
            Quick = o => o with { Appenders = [1, 64] },
        },
        new(YcsbSuite.Name, StoreCatalog.Durable, YcsbSuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [1000],
                Appenders = [1, 4],
                Durabilities = [Durability.PowerLoss, Durability.ProcessCrash],
                Workloads = ["a", "b", "c", "d", "e", "f"],
                Length = TimeSpan.FromSeconds(5),
            },
            Quick = o => o with
            {
                Keys = [5_000],
                Appenders = [1],
                Length = TimeSpan.FromSeconds(0.15),
                WarmUp = TimeSpan.FromSeconds(0.05),
            },
        },
        new(StoreGetSuite.Name, StoreCatalog.Names, StoreGetSuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [100],
                AtOnce = [1, 8],
                Durabilities = [Durability.ProcessCrash],
            },
            Quick = o => o with { Keys = [20_000] },
        },
        new(StoreUpdateSuite.Name, StoreCatalog.Names, StoreUpdateSuite.RunAsync)
        {
            Defaults = o => o with { Payloads = [100], Durabilities = [Durability.ProcessCrash] },
            Quick = o => o with { Keys = [20_000], Updates = 20_000 },
        },
        new(StoreScanSuite.Name, StoreCatalog.Names, StoreScanSuite.RunAsync)
        {
            Defaults = o => o with { Payloads = [100], Keys = [10_000_000] },
            Quick = o => o with { Keys = [20_000] },
        },
        new(StoreOpenSuite.Name, StoreCatalog.Names, StoreOpenSuite.RunAsync)
        {
            Defaults = o => o with { Payloads = [100], Durabilities = [Durability.ProcessCrash] },
            Quick = o => o with { Keys = [20_000], TailBytes = 2L << 20 },
        },
    ];

    private static IEnumerable<SuiteEntry> EngineSuites() =>
    [
        new(StoreBesideSuite.Name, StoreBesideSuite.Sides, StoreBesideSuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [100],
                Appenders = [64],
                Length = TimeSpan.FromSeconds(10),
                WarmUp = TimeSpan.FromSeconds(3),
                CacheBytes = 256L << 20,
            },
            Quick = o => o with { Keys = [20_000] },
        },
        new(KeyspacesSuite.Name, KeyspacesSuite.Sides, KeyspacesSuite.RunAsync)
        {
            Defaults = o => o with { Keys = [1_000, 10_000, 100_000], Repeat = 1 },
            Quick = o => o with { Keys = [1_000] },
        },
        new(GrowthSuite.Name, GrowthSuite.Sides, GrowthSuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [100],
                Keys = [1_000_000, 5_000_000, 20_000_000, 50_000_000],
                Appenders = [4],
                CacheBytes = 256L << 20,
                Repeat = 1,
            },
            Quick = o => o with { Keys = [20_000], LogBytes = [16L << 20], TailBytes = 2L << 20 },
        },
        new(StoresSuite.CommitsName, StoreItems.ItemCatalog.Commits, StoresSuite.RunAsync)
        {
            Defaults = o => o with { Payloads = [100], Appenders = [1, 64] },
        },
        new(StoresSuite.Name, StoreItems.ItemCatalog.Names, StoresSuite.RunAsync)
        {
            Defaults = o => o with { Payloads = [100], Appenders = [64] },
        },
        new(StoresScaleSuite.Name, StoresScaleSuite.Sides, StoresScaleSuite.RunAsync)
        {
            Defaults = o => o with { Keys = [100_000], Records = 1_000_000 },
            Quick = o => o with { Keys = [2_000], Records = 20_000, StreamBytes = 64L << 20 },
        },
    ];

    private static IEnumerable<SuiteEntry> QueueSuites() =>
    [
        new(QueueSuite.Name, QueueSuite.Sides, QueueSuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [100],
                Appenders = [64, 512],
                Keys = [10_000_000],
                Workloads = ["enqueue", "cycle", "drain", "open"],
                Length = TimeSpan.FromSeconds(5),
            },
            Quick = o => o with { Appenders = [64], Keys = [20_000], Messages = 2_000 },
        },
        new(TelemetrySuite.Name, TelemetrySuite.Sides, TelemetrySuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [100],
                Appenders = [64],
                Workloads = ["put", "enqueue", "cycle"],
            },
        },
        new(CacheSuite.Name, Caches.BenchCache.Sides, CacheSuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [1000],
                Appenders = [1, 64],
                Keys = [100_000],
                Durabilities = [Durability.ProcessCrash],
                Workloads = ["get", "set"],
                CacheBytes = 512L << 20,
            },
            Quick = o => o with { Appenders = [64], Keys = [2_000] },
        },
        new(PostgreSqlSuite.Name, PostgreSqlSuite.Sides, PostgreSqlSuite.RunAsync)
        {
            Defaults = o => o with
            {
                Payloads = [100],
                Appenders = [64, 512],
                Workloads = ["cycle", "put"],
                Length = TimeSpan.FromSeconds(5),
            },
            Quick = o => o with { Appenders = [64] },
        },
    ];
}
