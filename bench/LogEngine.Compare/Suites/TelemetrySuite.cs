using LogEngine.Compare.Measuring;
using LogEngine.Compare.Queues;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>What instruments and traces cost while somebody listens, and while nobody does.</summary>
internal static class TelemetrySuite
{
    internal const string Name = "telemetry";

    internal static IReadOnlyList<string> Sides { get; } =
        [Listening.Nobody, Listening.Metrics, Listening.Traces];

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (int payload in options.Payloads)
        {
            foreach (string workload in options.Workloads)
            {
                foreach (int workers in options.Appenders)
                {
                    await RunCellAsync(options, report, workload, payload, workers);
                }
            }
        }
    }

    private static async Task RunCellAsync(
        CompareOptions options, Report report, string workload, int payload, int workers)
    {
        foreach ((string side, List<Window> windows) in await SideRuns.MeasureAsync(
            options,
            report,
            $"{Name} {workload} {payload} B, {workers} tasks",
            options.Repeat,
            side => MeasureAsync(options, side, workload, payload, workers)))
        {
            report.Add(ResultRow.From(Name, side, payload, windows) with
            {
                Workload = workload,
                Appenders = workers,
                Durability = options.DurabilityName,
            });
        }
    }

    private static async Task<Window> MeasureAsync(
        CompareOptions options, string side, string workload, int payload, int workers)
    {
        using RunDirectory directory = new(options, side);
        using Listening listening = new(side);
        if (workload == "put")
        {
            return await QueueLoads.PutAsync(options, directory.Path, payload, workers) with
            {
                Note = listening.Note,
            };
        }

        await using LogEngineBenchQueue queue =
            await LogEngineBenchQueue.OpenAsync(directory.Path, options);
        Window window = workload == "enqueue"
            ? await QueueLoads.EnqueueAsync(options, queue, payload, workers)
            : await QueueLoads.CycleAsync(options, queue, payload, workers);
        return window with { Note = listening.Note };
    }
}
