using System.Diagnostics;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Storage;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>
/// A number of random updates over a filled store, in batches, by one writer; what that wrote, and
/// what it left on disk.
/// </summary>
internal static class StoreUpdateSuite
{
    internal const string Name = "kv-update";

    private static readonly TimeSpan SampleEvery = TimeSpan.FromMilliseconds(250);

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (long keys in options.Keys)
            {
                ulong[] ascending = StoreKeys.Ascending(keys);
                await StoreRuns.RunAsync(
                    options,
                    StoreRuns.Cell(options, payload, keys) with { AtOnce = options.Batch },
                    StoreRuns.Needs.Durable,
                    report,
                    engine => MeasureAsync(options, engine, payload, ascending));
            }
        }
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options, string engine, int payload, ulong[] ascending)
    {
        using RunDirectory directory = new(options, engine);
        long payloadBytes = payload + StoreKeys.Length;
        StoreValues values = new(payload);
        long before;
        Window window;
        await using (IBenchStore store = StoreCatalog.Open(
            engine,
            StoreRuns.Settings(options, directory.Path, payload, ascending.Length)))
        {
            store.Load(ascending, values);
            before = ProcessIo.BytesWritten();
            DiskSamples samples = new(directory.Path, SampleEvery);
            window = await Task.Run(() => Update(store, values, ascending.Length, options));
            await store.FlushAsync();
            double live = ascending.Length * payloadBytes;
            double atOnce = ProcessIo.DiskBytesIn(directory.Path) / live;
            TimeSpan settling = await DiskSamples.UntilAtRestAsync(directory.Path, options.Settle);
            await samples.DisposeAsync();
            window = window with
            {
                SpaceOverTime = samples.OverTime,
                SpaceAmplification = ProcessIo.DiskBytesIn(directory.Path) / live,
                Note = $"{store.Note}; space {atOnce:N2} at the last update, settled after "
                    + $"{settling.TotalSeconds:N0} s",
            };
        }

        // Closed, so that what a store writes late counts too.
        return window with
        {
            WriteAmplification = (double)(ProcessIo.BytesWritten() - before)
                / (window.Operations * payloadBytes),
            Note = $"{window.Note}, {ProcessIo.DiskBytesIn(directory.Path) / (double)(
                ascending.Length * payloadBytes):N2} once closed",
        };
    }

    private static Window Update(
        IBenchStore store, StoreValues values, long keys, CompareOptions options)
    {
        RandomKeys random = new(seed: 1, keys);
        ulong[] batch = new ulong[options.Batch];
        LatencyHistogram latency = new();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long started = Stopwatch.GetTimestamp();
        long updates = 0;
        for (; updates < options.Updates; updates += batch.Length)
        {
            random.Fill(batch);
            long begun = Stopwatch.GetTimestamp();
            store.Update(batch, values);
            latency.Record(Stopwatch.GetTimestamp() - begun);
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        return new Window(updates, elapsed)
        {
            AllocatedBytes = GC.GetTotalAllocatedBytes(precise: true) - allocated,
            P50 = latency.Microseconds(0.50),
            P99 = latency.Microseconds(0.99),
            P999 = latency.Microseconds(0.999),
        };
    }
}
