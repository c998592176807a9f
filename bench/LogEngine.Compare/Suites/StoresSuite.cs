using System.Globalization;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.StoreItems;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Durable writes through the stores, beside raw puts of the engine that they stand on, and beside
/// a file for each item.
/// </summary>
internal static class StoresSuite
{
    internal const string Name = "stores";

    /// <summary>The same over the engine's own calls.</summary>
    internal const string CommitsName = "kv-commits";

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (int tasks in options.Appenders)
            {
                await RunCellAsync(options, report, payload, tasks);
            }
        }
    }

    private static async Task RunCellAsync(
        CompareOptions options, Report report, int payload, int tasks)
    {
        IReadOnlyList<(string Side, List<Window> Windows)> sides = await SideRuns.MeasureAsync(
            options,
            report,
            $"{options.Suite} {payload} B, {tasks} tasks",
            options.Repeat,
            side => MeasureAsync(options, side, payload, tasks));
        double? put = sides.Where(s => s.Side == ItemCatalog.Put)
            .Select(s => (double?)ResultRow.From(options.Suite, s.Side, payload, s.Windows).OpsPerSecond)
            .SingleOrDefault();
        foreach ((string side, List<Window> windows) in sides)
        {
            ResultRow row = ResultRow.From(options.Suite, side, payload, windows);
            report.Add(row with
            {
                Appenders = tasks,
                Durability = options.DurabilityName,
                RatioToPut = ResultRow.Rounded(row.OpsPerSecond / put, 2),
                Note = put is { } rate
                    ? string.Create(
                        CultureInfo.InvariantCulture, $"{row.OpsPerSecond / rate:N2} of put")
                    : null,
            });
        }
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options, string side, int payload, int tasks)
    {
        using RunDirectory directory = new(options, side);
        await using IItemWriter writer = await ItemCatalog.OpenAsync(side, directory.Path, options);
        Load load = new(tasks);
        Task[] workers = new Task[tasks];
        for (int i = 0; i < tasks; i++)
        {
            int worker = i;
            byte[] content = Appenders.Payload(worker, payload);
            workers[i] = writer.IsBlocking
                ? Task.Factory.StartNew(
                    () => WriteUntilStopped(writer, load, worker, content),
                    CancellationToken.None,
                    TaskCreationOptions.LongRunning,
                    TaskScheduler.Default)
                : Task.Run(() => WriteUntilStoppedAsync(writer, load, worker, content));
        }

        Window window = load.MeasureAfter(options.WarmUp, options.Length);
        await Appenders.StopAsync(load, Task.WhenAll(workers));
        return window;
    }

    private static void WriteUntilStopped(
        IItemWriter writer, Load load, int worker, byte[] content)
    {
        for (long i = 0; !load.Stopped; i++)
        {
            long started = load.Begin(worker);
            writer.Write(worker, i, content);
            load.End(worker, started);
        }
    }

    private static async Task WriteUntilStoppedAsync(
        IItemWriter writer, Load load, int worker, byte[] content)
    {
        for (long i = 0; !load.Stopped; i++)
        {
            long started = load.Begin(worker);
            await writer.WriteAsync(worker, i, content).ConfigureAwait(false);
            load.End(worker, started);
        }
    }
}
