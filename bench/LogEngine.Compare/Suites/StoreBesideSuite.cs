using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Updates of single values by N writers that each wait for their own: in a store that neither
/// writes snapshots nor compacts, and in one that does both all the time.
/// </summary>
internal static class StoreBesideSuite
{
    internal const string Name = "kv-beside";

    /// <summary>The sides: without, and with.</summary>
    internal static readonly string[] Sides = ["calm", "busy"];

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (int writers in options.Appenders)
            {
                await RunCellAsync(options, report, payload, writers);
            }
        }
    }

    private static async Task RunCellAsync(
        CompareOptions options, Report report, int payload, int writers)
    {
        long keys = options.Keys[0];
        ulong[] ascending = StoreKeys.Ascending(keys);
        StoreValues values = new(payload);
        Dictionary<string, (RunDirectory Directory, LogEngineStore Store)> stores = [];
        foreach (string side in options.Engines)
        {
            RunDirectory directory = new(options, side);
            LogEngineStore store = LogEngineStore.Open(
                StoreRuns.Settings(options, directory.Path, payload, keys), OptionsOf(side));
            store.Load(ascending, values);
            stores.Add(side, (directory, store));
        }

        string name = $"{Name} {payload} B, {writers} writers";
        Dictionary<string, List<Window>> windows = options.Engines.ToDictionary(
            side => side, _ => new List<Window>());
        Dictionary<string, (long Snapshots, long Rewritten)> beside = options.Engines.ToDictionary(
            side => side, _ => (0L, 0L));
        for (int run = 1; run <= options.Repeat; run++)
        {
            foreach (string side in options.Engines)
            {
                (Window window, long snapshots, long rewritten) = await MeasureAsync(
                    options, stores[side].Store, writers, payload, ascending);
                Report.Tell(name, side, run, window);
                windows[side].Add(window);
                beside[side] = (
                    beside[side].Snapshots + snapshots, beside[side].Rewritten + rewritten);
            }
        }

        foreach ((string side, (RunDirectory directory, LogEngineStore store)) in stores)
        {
            await store.DisposeAsync();
            directory.Dispose();
            report.Add(ResultRow.From(Name, side, payload, windows[side]) with
            {
                Appenders = writers,
                Keys = keys,
                Durability = options.DurabilityName,
                Note = $"beside: {beside[side].Snapshots} snapshots, "
                    + $"{beside[side].Rewritten >> 20} MiB rewritten",
            });
        }
    }

    /// <summary>
    /// With a snapshot as often as may be, whenever the log has grown by the size of the last one, and
    /// as much compaction as may be.
    /// </summary>
    private static StorageEngineOptions OptionsOf(string side) => side == "calm"
        ? new StorageEngineOptions
        {
            CompactionThreshold = 1,
            SnapshotBudgetBytes = StorageEngineOptions.MaxSnapshotBudgetBytes,
        }
        : new StorageEngineOptions
        {
            CompactionThreshold = 0.05,
            SnapshotBudgetBytes = StorageEngineOptions.MinSnapshotBudgetBytes,
        };

    /// <summary>A window, and the snapshots and rewritten bytes of it.</summary>
    private static async Task<(Window Window, long Snapshots, long Rewritten)> MeasureAsync(
        CompareOptions options, LogEngineStore store, int writers, int payload, ulong[] keys)
    {
        Load load = new(writers);
        Task[] workers = new Task[writers];
        for (int i = 0; i < writers; i++)
        {
            int worker = i;
            workers[i] = Task.Run(async () =>
            {
                Random random = new(worker);
                byte[] value = Appenders.Payload(worker, payload);
                IBenchStoreWriter writer = store.OpenWriter();
                while (!load.Stopped)
                {
                    long started = load.Begin(worker);
                    await writer.PutAsync(keys[random.Next(keys.Length)], value)
                        .ConfigureAwait(false);
                    load.End(worker, started);
                }
            });
        }

        Load.Wait(options.WarmUp);
        EmbeddedStatistics before = store.Statistics;
        Window window = load.Measure(options.Length);
        EmbeddedStatistics after = store.Statistics;
        await Appenders.StopAsync(load, Task.WhenAll(workers));
        return (window, after.SnapshotsWritten - before.SnapshotsWritten,
            after.RelocatedBytes - before.RelocatedBytes);
    }
}
