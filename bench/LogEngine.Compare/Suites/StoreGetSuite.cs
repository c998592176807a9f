using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Storage;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Random gets from a filled store whose content is in memory, one or several keys at a time, with
/// or without a writer beside.
/// </summary>
internal static class StoreGetSuite
{
    internal const string Name = "kv-get";

    /// <summary>Gets between two looks at whether to stop.</summary>
    private const int GetsPerCount = 64;

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (long keys in options.Keys)
            {
                await using LoadedStores stores = new(options, payload, keys);
                foreach (int atOnce in options.AtOnce)
                {
                    foreach ((int readers, int writers) in
                        from r in options.Readers from w in options.Writers select (r, w))
                    {
                        await StoreRuns.RunAsync(
                            options,
                            StoreRuns.Cell(options, payload, keys) with
                            {
                                AtOnce = atOnce,
                                Readers = readers,
                                Writers = writers,
                            },
                            StoreRuns.Needs.None,
                            report,
                            engine => MeasureAsync(
                                options, stores, engine, keys, (atOnce, readers, writers)));
                    }
                }
            }
        }
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options,
        LoadedStores stores,
        string engine,
        long keys,
        (int AtOnce, int Readers, int Writers) cell)
    {
        IBenchStore store = stores.Of(engine);
        Load load = new(cell.Readers, GetsPerCount);
        Load writing = new(Math.Max(1, cell.Writers), options.Batch);
        List<Task> workers = [];
        long[] processor = new long[cell.Readers];
        for (int i = 0; i < cell.Readers; i++)
        {
            int worker = i;
            workers.Add(Start(() => GetUntilStopped(
                store, stores.Values, load, worker, keys, cell.AtOnce, ref processor[worker])));
        }

        // Batches come from one thread at a time, which all stores take.
        if (cell.Writers > 0)
        {
            workers.Add(Start(() => UpdateUntilStopped(
                store, stores.Values, writing, keys, options.Batch)));
        }

        Load.Wait(options.WarmUp);
        long written = writing.Operations;
        long taken = processor.Sum();
        Window window = load.Measure(options.Length);
        taken = processor.Sum() - taken;
        double writes = (writing.Operations - written) / window.Elapsed.TotalSeconds;
        writing.Stop();
        await Appenders.StopAsync(load, Task.WhenAll(workers));

        // A count is of many gets: its time is nobody's latency.
        return window with
        {
            P50 = null,
            P99 = null,
            P999 = null,
            Note = $"{store.Note}; {window.Operations * 1e9 / taken:N0} gets for each second of a "
                + $"reader's processor, {writes:N0} updates/s beside",
        };
    }

    private static void GetUntilStopped(
        IBenchStore store,
        StoreValues values,
        Load load,
        int worker,
        long keys,
        int atOnce,
        ref long processor)
    {
        using IBenchStoreReader reader = store.OpenReader();
        RandomKeys random = new(worker + 1, keys);
        ulong[] wanted = new ulong[atOnce];
        byte[] found = new byte[atOnce * values.Length];
        while (!load.Stopped)
        {
            for (int i = 0; i < GetsPerCount; i += atOnce)
            {
                random.Fill(wanted);
                int count = atOnce == 1
                    ? (reader.Get(wanted[0], found) < 0 ? 0 : 1)
                    : reader.GetMany(wanted, found);
                Check(values, wanted, found, count);
            }

            load.End(worker, 0);
            Volatile.Write(ref processor, ThreadClock.Nanoseconds());
        }
    }

    private static void Check(StoreValues values, ulong[] wanted, byte[] found, int count)
    {
        for (int i = 0; i < wanted.Length; i++)
        {
            if (count != wanted.Length
                || !values.IsRight(found.AsSpan(i * values.Length, values.Length), wanted[i]))
            {
                throw new InvalidDataException($"The value of key {wanted[i]:X} is wrong.");
            }
        }
    }

    private static void UpdateUntilStopped(
        IBenchStore store, StoreValues values, Load load, long keys, int batch)
    {
        RandomKeys random = new(seed: 99, keys);
        ulong[] wanted = new ulong[batch];
        while (!load.Stopped)
        {
            random.Fill(wanted);
            store.Update(wanted, values);
            load.End(0, 0);
        }
    }

    private static Task Start(Action action) => Task.Factory.StartNew(
        action,
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);
}
