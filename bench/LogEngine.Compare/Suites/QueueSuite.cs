using LogEngine.Compare.Measuring;
using LogEngine.Compare.Queues;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>The queue beside other queues, and beside the engine's own puts.</summary>
internal static class QueueSuite
{
    internal const string Name = "queue";

    /// <summary>Them.</summary>
    internal static readonly string[] Sides =
    [
        "logengine", "engine-put", "sqlite", "sqlite-per-step", "rebus-files", "hangfire-sqlite",
        "rabbitmq",
    ];

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        string? noBroker = options.Engines.Contains("rabbitmq")
            ? await RabbitQueue.WhyMissingAsync()
            : null;
        foreach (int payload in options.Payloads)
        {
            foreach (string workload in options.Workloads)
            {
                if (workload is "enqueue" or "cycle")
                {
                    foreach (int workers in options.Appenders)
                    {
                        await RunCellAsync(options, report, workload, payload, workers, noBroker);
                    }
                }
                else
                {
                    await RunCellAsync(options, report, workload, payload, null, noBroker);
                }
            }
        }
    }

    /// <summary>Runs the sides of one cell, interleaved.</summary>
    private static async Task RunCellAsync(
        CompareOptions options,
        Report report,
        string workload,
        int payload,
        int? workers,
        string? noBroker)
    {
        foreach ((string engine, List<Window> windows) in await SideRuns.MeasureAsync(
            options,
            report,
            $"queue {workload} {payload} B, {workers} tasks",
            workload is "open" or "churn" ? 1 : options.Repeat,
            engine => MeasureAsync(options, engine, workload, payload, workers),
            engine => WhyNot(engine, workload, noBroker)))
        {
            report.Add(ResultRow.From(Name, engine, payload, windows) with
            {
                Workload = workload,
                Appenders = workers,
                Keys = workload == "open" ? options.Keys[0] : null,
                Durability = engine == "rebus-files"
                    ? CompareOptions.NameOf(Durability.ProcessCrash)
                    : options.DurabilityName,
            });
        }
    }

    private static string? WhyNot(string engine, string workload, string? noBroker) => engine switch
    {
        "rabbitmq" when noBroker is not null => noBroker,
        "rabbitmq" when workload is "drain" or "open" => "its disk is the broker's",
        not "logengine" when workload is "churn" => "it is about LogEngine's own files",
        "sqlite" or "sqlite-per-step" when workload is "open" =>
            "it opens at once and looks at the table when asked",
        "rebus-files" or "hangfire-sqlite" when workload is "drain" or "open" =>
            "filling it would take hours",
        "engine-put" when workload != "enqueue" => "puts are enqueued only",
        _ => null,
    };

    private static async Task<Window> MeasureAsync(
        CompareOptions options, string engine, string workload, int payload, int? workers)
    {
        using RunDirectory directory = new(options, engine);
        if (engine == "engine-put")
        {
            return await QueueLoads.PutAsync(options, directory.Path, payload, workers!.Value);
        }

        if (workload == "open")
        {
            return await QueueOpening.MeasureAsync(options, directory.Path, payload);
        }

        if (workload == "churn")
        {
            await using LogEngineBenchQueue own =
                await LogEngineBenchQueue.OpenAsync(directory.Path, options);
            return await QueueChurn.MeasureAsync(options, own, payload, directory.Path);
        }

        await using IBenchQueue queue = await OpenAsync(engine, directory.Path, options);
        Window window = workload switch
        {
            "enqueue" => await QueueLoads.EnqueueAsync(options, queue, payload, workers!.Value),
            "cycle" => await QueueLoads.CycleAsync(options, queue, payload, workers!.Value),
            _ => await QueueLoads.DrainAsync(options, queue, payload, directory.Path),
        };
        return window with { Note = window.Note ?? queue.Note };
    }

    /// <summary>Opens an empty queue.</summary>
    internal static async Task<IBenchQueue> OpenAsync(
        string engine, string directory, CompareOptions options) => engine switch
        {
            "sqlite" => new SqliteQueue(directory, options.Durability),
            "sqlite-per-step" => new SqlitePerStepQueue(directory, options.Durability),
            "rebus-files" => RebusQueue.OpenFiles(directory),
            "hangfire-sqlite" => new HangfireQueue(directory),
            "rabbitmq" => await RabbitQueue.OpenAsync(),
            _ => await LogEngineBenchQueue.OpenAsync(directory, options),
        };
}
