using System.Diagnostics;
using LogEngine.Compare.Engines;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>One producer that does not wait; a final flush is part of the time.</summary>
internal static class BufferedSuite
{
    internal const string Name = "log-buffered";

    private const int DeviceWriteBytes = 1 << 20;
    private const int CheckEvery = 256;

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            await new Cell(options, null, payload).RunAsync(report, MeasureAsync);
        }
    }

    private static async Task<Window> MeasureAsync(Cell cell, string engine)
    {
        using RunDirectory directory = new(cell.Options, engine);
        return engine.StartsWith("device", StringComparison.Ordinal)
            ? await MeasureDeviceAsync(cell, engine, directory.Path)
            : await MeasureLogAsync(cell, engine, directory.Path);
    }

    /// <summary>The same bytes in writes of 1 MiB, each with its data-sync flag.</summary>
    private static async Task<Window> MeasureDeviceAsync(Cell cell, string engine, string directory)
    {
        Storage.PreparedFile file = Cell.Prepare(directory, direct: engine == "device");
        using DeviceLoop loop = new(file, DeviceWriteBytes, durable: true);
        Load load = new(workers: 1);
        TimeSpan warmUp = cell.PauseBeforeWarmUp(engine);
        Task worker = loop.Start(load);
        Load.Wait(warmUp);
        Window window = load.Measure(cell.Options.Length);
        await Appenders.StopAsync(load, worker);
        long records = window.Operations * DeviceWriteBytes / cell.PayloadBytes;
        return new Window(records, window.Elapsed) { Note = file.Description };
    }

    private static async Task<Window> MeasureLogAsync(Cell cell, string engine, string directory)
    {
        byte[] payload = Appenders.Payload(seed: 1, cell.PayloadBytes);
        await using IBenchLog log = await cell.OpenAsync(engine, directory);
        Produce(log, payload, cell.PauseBeforeWarmUp(engine));
        await log.FlushAsync();

        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        long started = Stopwatch.GetTimestamp();
        long records = Produce(log, payload, cell.Options.Length);
        await log.FlushAsync();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(started);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        return new Window(records, elapsed)
        {
            AllocatedBytes = allocated,
            Note = log.Note,
            Pool = cell.Pool(engine),
        };
    }

    private static long Produce(IBenchLog log, byte[] payload, TimeSpan length)
    {
        long records = 0;
        long started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < length)
        {
            for (int i = 0; i < CheckEvery; i++)
            {
                SpinWait spin = default;
                while (!log.TryAppend(payload))
                {
                    spin.SpinOnce(sleep1Threshold: -1);
                }
            }

            records += CheckEvery;
        }

        return records;
    }
}
