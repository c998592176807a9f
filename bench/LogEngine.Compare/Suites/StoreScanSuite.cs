using System.Diagnostics;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>Reads a filled store whose content is in memory in the order of its keys.</summary>
internal static class StoreScanSuite
{
    internal const string Name = "kv-scan";

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (long keys in options.Keys)
            {
                await using LoadedStores stores = new(options, payload, keys);
                await StoreRuns.RunAsync(
                    options,
                    StoreRuns.Cell(options, payload, keys),
                    StoreRuns.Needs.Ordered,
                    report,
                    engine => Task.Run(() => Measure(stores.Of(engine), payload, keys)));
            }
        }
    }

    private static Window Measure(IBenchStore store, int payload, long keys)
    {
        using IBenchStoreReader reader = store.OpenReader();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long started = Stopwatch.GetTimestamp();
        ScanSum sum = reader.Scan();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return sum.Records == keys && sum.Bytes == keys * payload
            ? new Window(sum.Records, elapsed) { AllocatedBytes = allocated, Note = store.Note }
            : throw new InvalidDataException(
                $"{sum.Records} records of {sum.Bytes} bytes were read; {keys} were put.");
    }
}
