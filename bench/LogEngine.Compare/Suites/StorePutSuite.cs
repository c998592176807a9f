using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>Durable puts of single values by N writers that each wait for their own.</summary>
internal static class StorePutSuite
{
    internal const string Name = "kv-put";

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (int writers in options.Appenders)
            {
                await StoreRuns.RunAsync(
                    options,
                    StoreRuns.Cell(options, payload) with { Appenders = writers },
                    StoreRuns.Needs.Durable,
                    report,
                    engine => MeasureAsync(options, engine, writers, payload));
            }
        }
    }

    /// <summary>One run of one engine.</summary>
    internal static async Task<Window> MeasureAsync(
        CompareOptions options, string engine, int writers, int payload)
    {
        using RunDirectory directory = new(options, engine);
        await using IBenchStore store = StoreCatalog.Open(
            engine, StoreRuns.Settings(options, directory.Path, payload, options.Keys.Max()));
        Load load = new(writers);
        Task[] workers = new Task[writers];
        for (int i = 0; i < writers; i++)
        {
            int worker = i;
            byte[] value = Appenders.Payload(worker, payload);
            IBenchStoreWriter writer = store.OpenWriter();
            workers[i] = store.IsBlocking
                ? Task.Factory.StartNew(
                    () => PutUntilStopped(writer, load, worker, value),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default)
                : Task.Run(() => PutUntilStoppedAsync(writer, load, worker, value));
        }

        Window window = load.MeasureAfter(options.WarmUp, options.Length);
        await Appenders.StopAsync(load, Task.WhenAll(workers));
        return window with { Note = store.Note };
    }

    private static void PutUntilStopped(
        IBenchStoreWriter writer, Load load, int worker, ReadOnlySpan<byte> value)
    {
        for (long i = 0; !load.Stopped; i++)
        {
            long started = load.Begin(worker);
            writer.Put(KeyOf(worker, i), value);
            load.End(worker, started);
        }
    }

    private static async Task PutUntilStoppedAsync(
        IBenchStoreWriter writer, Load load, int worker, ReadOnlyMemory<byte> value)
    {
        for (long i = 0; !load.Stopped; i++)
        {
            long started = load.Begin(worker);
            await writer.PutAsync(KeyOf(worker, i), value).ConfigureAwait(false);
            load.End(worker, started);
        }
    }

    /// <summary>New keys all over the key space; a writer has its own.</summary>
    private static ulong KeyOf(int worker, long number) =>
        StoreKeys.Of(((long)worker << 40) + number);
}
