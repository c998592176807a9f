using LogEngine.Compare.Engines;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>Durable appends by N concurrent appenders that each wait for their own.</summary>
internal static class AppendSuite
{
    internal const string Name = "log";

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (int appenders in options.Appenders)
            {
                await new Cell(options, appenders, payload).RunAsync(report, MeasureAsync);
            }
        }
    }

    /// <summary>One run of one engine.</summary>
    internal static async Task<Window> MeasureAsync(Cell cell, string engine)
    {
        using RunDirectory directory = new(cell.Options, engine);
        return engine.StartsWith("device", StringComparison.Ordinal)
            ? await MeasureDeviceAsync(cell, engine, directory.Path)
            : await MeasureLogAsync(cell, engine, directory.Path);
    }

    /// <summary>One write carries what N appenders commit together at best.</summary>
    private static async Task<Window> MeasureDeviceAsync(Cell cell, string engine, string directory)
    {
        int appenders = cell.Appenders!.Value;
        Storage.PreparedFile file = Cell.Prepare(directory, direct: engine == "device");
        using DeviceLoop loop = new(file, (long)appenders * cell.PayloadBytes, durable: true);
        Load load = new(workers: 1, operationsPerCount: appenders);
        TimeSpan warmUp = cell.PauseBeforeWarmUp(engine);
        Task worker = loop.Start(load);
        Window window = load.MeasureAfter(warmUp, cell.Options.Length);
        await Appenders.StopAsync(load, worker);
        return window with { Note = file.Description };
    }

    private static async Task<Window> MeasureLogAsync(Cell cell, string engine, string directory)
    {
        int appenders = cell.Appenders!.Value;
        await using IBenchLog log = await cell.OpenAsync(engine, directory);
        Load load = new(appenders);
        TimeSpan warmUp = cell.PauseBeforeWarmUp(engine);
        Task workers = engine == "logengine-blocking"
            ? Appenders.StartThreads(log, load, appenders, cell.PayloadBytes)
            : Appenders.StartTasks(log, load, appenders, cell.PayloadBytes);
        Window window = load.MeasureAfter(warmUp, cell.Options.Length);
        await Appenders.StopAsync(load, workers);
        return window with { Note = log.Note, Pool = cell.Pool(engine) };
    }
}
