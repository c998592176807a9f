using LogEngine.Compare.Engines;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Large records by many appenders while a background task keeps the log short: first into new
/// files, then into recycled ones, beside what the device writes sequentially.
/// </summary>
internal static class RetentionSuite
{
    internal const string Name = "log-retention";

    private static readonly TimeSpan WarmTimeout = TimeSpan.FromMinutes(2);

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        CompareOptions cold = options with { WarmPool = false };
        foreach (int payload in options.Payloads)
        {
            foreach (int appenders in options.Appenders)
            {
                Cell cell = new(cold, appenders, payload);
                List<Window> coldWindows = [];
                await cell.RunAsync(
                    report,
                    (c, engine) => MeasureAsync(c, engine, coldWindows),
                    () => AddCold(report, cell, coldWindows));
            }
        }
    }

    private static void AddCold(Report report, Cell cell, List<Window> windows)
    {
        if (windows.Count > 0)
        {
            report.Add(cell.Row("logengine", windows));
        }
    }

    private static async Task<Window> MeasureAsync(
        Cell cell, string engine, List<Window> coldWindows)
    {
        using RunDirectory directory = new(cell.Options, engine);
        return engine switch
        {
            "device-1m" => await MeasureDeviceAsync(cell, 1 << 20, directory.Path),
            "device-4m" => await MeasureDeviceAsync(cell, 4 << 20, directory.Path),
            "logengine" => await MeasureLogAsync(cell, directory.Path, coldWindows),
            _ => await MeasureBareAsync(cell, engine, directory.Path),
        };
    }

    private static async Task<Window> MeasureDeviceAsync(Cell cell, int bytes, string directory)
    {
        Storage.PreparedFile file = Cell.Prepare(directory, direct: true);
        using DeviceLoop loop = new(file, bytes, durable: true);
        Load load = new(workers: 1, bytes / cell.PayloadBytes);
        TimeSpan warmUp = cell.PauseBeforeWarmUp("device");
        Task worker = loop.Start(load);
        Window window = load.MeasureAfter(warmUp, cell.Options.Length);
        await Appenders.StopAsync(load, worker);
        return window with { Note = file.Description };
    }

    private static async Task<Window> MeasureBareAsync(Cell cell, string engine, string directory)
    {
        int appenders = cell.Appenders!.Value;
        await using IBenchLog log = await cell.OpenAsync(engine, directory);
        Load load = new(appenders);
        TimeSpan warmUp = cell.PauseBeforeWarmUp(engine);
        Task workers = Appenders.StartTasks(log, load, appenders, cell.PayloadBytes);
        Window window = load.MeasureAfter(warmUp, cell.Options.Length);
        await Appenders.StopAsync(load, workers);
        return window with { Note = log.Note };
    }

    /// <summary>Both windows come from the same run of the same log.</summary>
    private static async Task<Window> MeasureLogAsync(
        Cell cell, string directory, List<Window> coldWindows)
    {
        CompareOptions options = cell.Options;
        int appenders = cell.Appenders!.Value;
        await CompileAsync(cell, directory);
        await using IBenchLog log = await cell.OpenAsync("logengine", directory);
        LogEngineBenchLog ours = (LogEngineBenchLog)log;
        Load load = new(appenders);
        Task workers = Appenders.StartTasks(log, load, appenders, cell.PayloadBytes);

        // Cold until as much is written as truncation keeps: nothing can have been freed before.
        long keepRecords = options.KeepBytes / cell.PayloadBytes;
        Window cold = load.Measure(options.Length, () => load.Operations >= keepRecords);
        coldWindows.Add(cold with { Note = log.Note, Pool = "cold" });

        // Warm once everything that is kept lies in recycled files.
        long segments = (options.KeepBytes / options.SegmentBytes) + 1;
        Load.Wait(
            WarmTimeout, () => workers.IsCompleted || ours.SegmentsRecycled >= segments);
        Window warm = load.Measure(options.Length);
        await Appenders.StopAsync(load, workers);
        string pool = ours.SegmentsRecycled >= segments ? "warm" : "never warm";
        return warm with { Note = log.Note, Pool = pool };
    }

    /// <summary>
    /// A log of its own for compilation, so that the cold window shows the disk alone.
    /// </summary>
    private static async Task CompileAsync(Cell cell, string directory)
    {
        string scratch = Path.Combine(directory, "compile");
        Directory.CreateDirectory(scratch);
        await using (IBenchLog log = await cell.OpenAsync("logengine", scratch))
        {
            Load load = new(8);
            Task workers = Appenders.StartTasks(log, load, 8, payloadBytes: 100);
            Load.Wait(cell.PauseBeforeWarmUp("logengine"));
            await Appenders.StopAsync(load, workers);
        }

        Directory.Delete(scratch, recursive: true);
    }
}
