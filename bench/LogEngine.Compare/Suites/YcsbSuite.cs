using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Stores;
using LogEngine.Compare.Ycsb;

namespace LogEngine.Compare.Suites;

/// <summary>
/// The core workloads of YCSB, single operations that are each acknowledged. A store is filled once and
/// stays open for all workloads and numbers of threads.
/// </summary>
internal static class YcsbSuite
{
    internal const string Name = "ycsb";

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        YcsbMix[] mixes = [.. options.Workloads.Select(name =>
            YcsbMix.All.SingleOrDefault(
                mix => mix.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? throw new UsageException($"YCSB has no workload '{name}'; it has a to f."))];
        foreach (int payload in options.Payloads)
        {
            foreach (long keys in options.Keys)
            {
                Zipfian latest = new(keys);
                Dictionary<string, long> counts = [];
                await using LoadedStores stores = new(options, payload, keys)
                {
                    GetsPerTransaction = 1,
                };
                foreach ((YcsbMix mix, int threads) in
                    from mix in mixes from threads in options.Appenders select (mix, threads))
                {
                    await StoreRuns.RunAsync(
                        options,
                        StoreRuns.Cell(options, payload, keys) with
                        {
                            Workload = mix.Name,
                            Appenders = threads,
                        },
                        StoreRuns.Needs.Durable | StoreRuns.Needs.Ordered,
                        report,
                        async engine =>
                        {
                            IBenchStore store = stores.Of(engine);
                            InsertedKeys inserted = new(
                                threads, counts.GetValueOrDefault(engine, keys));
                            Window window = await MeasureAsync(
                                options,
                                store,
                                stores.Values,
                                mix,
                                new YcsbKeys(keys, inserted, latest),
                                threads);
                            counts[engine] = inserted.Acknowledged;
                            return window with { Note = $"{mix.About}; {window.Note}" };
                        });
                }
            }
        }
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options,
        IBenchStore store,
        StoreValues values,
        YcsbMix mix,
        YcsbKeys keys,
        int threads)
    {
        // A single caller has nobody to share a commit with: it may as well do it itself.
        bool blocks = store.IsBlocking || threads == 1;
        Load load = new(threads);
        YcsbWorker[] workers = [.. Enumerable.Range(0, threads).Select(
            i => new YcsbWorker(mix, keys, values, store, load, i))];
        Task[] running = [.. workers.Select(worker => blocks
            ? Task.Factory.StartNew(
                worker.Run,
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)
            : Task.Run(worker.RunAsync))];
        Window window = load.MeasureAfter(options.WarmUp, options.Length);
        await Appenders.StopAsync(load, Task.WhenAll(running));
        LatencyHistogram reads = new();
        LatencyHistogram writes = new();
        foreach (YcsbWorker worker in workers)
        {
            reads.Add(worker.Reads);
            writes.Add(worker.Writes);
            worker.Dispose();
        }

        return window with
        {
            P50 = writes.Microseconds(0.50),
            P99 = writes.Microseconds(0.99),
            P999 = writes.Microseconds(0.999),
            ReadP50 = reads.Microseconds(0.50),
            ReadP99 = reads.Microseconds(0.99),
            Note = $"{store.Note}{(blocks ? string.Empty : "; puts awaited by tasks")}",
        };
    }
}
