using System.Diagnostics;
using System.Globalization;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Opens what a killed process has left: a filled store and a tail of updates behind that. The time
/// ends with the first value read.
/// </summary>
internal static class StoreOpenSuite
{
    internal const string Name = "kv-open";

    /// <summary>Hidden verb: fills a store in a process of its own and kills itself.</summary>
    internal const string CrashVerb = "kv-crash";

    private const int KilledBySignal = 137;
    private const int Checks = 1000;

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (long keys in options.Keys)
            {
                Dictionary<string, RunDirectory> crashed = [];
                try
                {
                    await StoreRuns.RunAsync(
                        options,
                        StoreRuns.Cell(options, payload, keys),
                        StoreRuns.Needs.Ordered,
                        report,
                        engine => MeasureAsync(options, crashed, engine, payload, keys));
                }
                finally
                {
                    foreach (RunDirectory directory in crashed.Values)
                    {
                        directory.Dispose();
                    }
                }
            }
        }
    }

    /// <summary>What the hidden verb does; it does not return.</summary>
    internal static async Task<int> CrashAsync(string[] args)
    {
        string engine = args[1];
        int payload = Number(args[3]);
        int keys = Number(args[4]);
        long tailBytes = (long)Number(args[5]) << 20;
        int batch = Number(args[6]);
        StoreSettings settings = new(
            args[2], payload, keys, Durability.ProcessCrash, (long)Number(args[7]) << 20);
        StoreValues values = new(payload);
        IBenchStore store = StoreCatalog.Open(engine, settings);
        store.Load(StoreKeys.Ascending(keys), values);

        // Closed and opened, so that the tail alone is what opening has to make up for.
        await store.DisposeAsync();
        store = StoreCatalog.Open(engine, settings);
        RandomKeys random = new(seed: 1, keys);
        ulong[] wanted = new ulong[batch];
        for (long written = 0; written < tailBytes;)
        {
            random.Fill(wanted);
            store.Update(wanted, values);
            written += (long)batch * (payload + StoreKeys.Length);
        }

        // Not flushed: that may fold the tail into the store. A kill keeps what was written.
        Process.GetCurrentProcess().Kill();
        return 1;
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options,
        Dictionary<string, RunDirectory> crashed,
        string engine,
        int payload,
        long keys)
    {
        if (!crashed.TryGetValue(engine, out RunDirectory? left))
        {
            left = new RunDirectory(options, engine);
            crashed.Add(engine, left);
            await CrashInChildAsync(options, engine, left.Path, payload, keys);
        }

        // Opening recovers, so each run needs what was left anew; it is in the page cache then, and
        // on disk, as it was when the process was killed: else a direct read would write it first.
        using RunDirectory directory = new(options, engine);
        foreach (string file in Directory.GetFiles(left.Path, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(directory.Path, Path.GetRelativePath(left.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
            using FileStream stream = new(copy, FileMode.Open, FileAccess.ReadWrite);
            stream.Flush(flushToDisk: true);
        }

        StoreValues values = new(payload);
        byte[] value = new byte[payload];
        long started = Stopwatch.GetTimestamp();
        await using IBenchStore store = StoreCatalog.Open(
            engine, StoreRuns.Settings(options, directory.Path, payload, keys));
        using IBenchStoreReader reader = store.OpenReader();
        reader.Get(StoreKeys.Of(0), value);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        for (long i = 0; i < Checks; i++)
        {
            ulong key = StoreKeys.Of(i * (keys / Checks));
            int length = reader.Get(key, value);
            if (length < 0 || !values.IsRight(value.AsSpan(0, length), key))
            {
                throw new InvalidDataException($"The value of key {key:X} is lost.");
            }
        }

        return new Window(keys, elapsed) { OpenTime = elapsed, Note = store.Note };
    }

    private static async Task CrashInChildAsync(
        CompareOptions options, string engine, string directory, int payload, long keys)
    {
        long[] values =
            [payload, keys, options.TailBytes >> 20, options.Batch, options.CacheBytes >> 20];
        string[] numbers =
            [.. values.Select(value => value.ToString(CultureInfo.InvariantCulture))];
        string self = typeof(StoreOpenSuite).Assembly.Location;
        using Process child = Process.Start(
            "dotnet", [self, CrashVerb, engine, directory, .. numbers]);
        await child.WaitForExitAsync();
        if (child.ExitCode != KilledBySignal)
        {
            throw new InvalidOperationException(
                $"The process that fills the store ended with {child.ExitCode}.");
        }
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
