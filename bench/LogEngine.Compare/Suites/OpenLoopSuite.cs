using System.Globalization;
using LogEngine.Compare.Engines;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Appends that arrive at random at a fixed rate: that given, or half of what the slower side does right
/// before with appenders that each wait for their own.
/// </summary>
internal static class OpenLoopSuite
{
    internal const string Name = "log-open";

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (int appenders in options.Appenders)
            {
                long rate = options.Rate ?? await HalfOfPeakAsync(options, appenders, payload);
                await new Cell(options, null, payload).RunAsync(
                    report, (cell, engine) => MeasureAsync(cell, engine, rate));
            }
        }
    }

    private static async Task<long> HalfOfPeakAsync(
        CompareOptions options, int appenders, int payload)
    {
        double slowest = double.MaxValue;
        foreach (string engine in options.Engines)
        {
            Window window = await AppendSuite.MeasureAsync(new Cell(options, appenders, payload), engine);
            Report.Tell($"{Name} closed loop, {appenders} × {payload} B", engine, 1, window);
            slowest = Math.Min(slowest, window.OperationsPerSecond);
        }

        return Math.Max(1, (long)(slowest / 2));
    }

    private static async Task<Window> MeasureAsync(Cell cell, string engine, long rate)
    {
        using RunDirectory directory = new(cell.Options, engine);
        await using IBenchLog log = await cell.OpenAsync(engine, directory.Path);
        TimeSpan warmUp = cell.PauseBeforeWarmUp(engine);
        OpenLoop loop = new(log, Appenders.Payload(1, cell.PayloadBytes), rate, seed: 1);
        Window window = await Task.Factory.StartNew(
            () => loop.Run(warmUp, cell.Options.Length),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        return window with
        {
            Note = window.Note ?? string.Create(
                CultureInfo.InvariantCulture, $"{rate:N0} offered a second; {log.Note}"),
            Pool = cell.Pool(engine),
            OfferedPerSecond = rate,
        };
    }
}
