using LogEngine.Compare.Engines;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Storage;

namespace LogEngine.Compare.Suites;

/// <summary>One combination of appenders and payload; runs its sides interleaved.</summary>
/// <param name="Options">The whole run's options.</param>
/// <param name="Appenders">Concurrent appenders; null where the suite has one producer.</param>
/// <param name="PayloadBytes">Bytes of a record.</param>
internal sealed record Cell(CompareOptions Options, int? Appenders, int PayloadBytes)
{
    // An engine's first run in this process pays for compilation: it warms up for longer.
    private static readonly HashSet<string> Seen = [];

    private string Name => Appenders is null
        ? $"{Options.Suite} {PayloadBytes} B"
        : $"{Options.Suite} {Appenders} × {PayloadBytes} B";

    /// <summary>Runs every engine in turn, as often as asked for, and reports medians.</summary>
    internal async Task RunAsync(Report report, Func<Cell, string, Task<Window>> measure)
    {
        Dictionary<string, List<Window>> windows = [];
        for (int run = 1; run <= Options.Repeat; run++)
        {
            foreach (string engine in Options.Engines)
            {
                if (WhyNot(engine) is { } reason)
                {
                    Report.Skip(Name, engine, reason);
                    continue;
                }

                try
                {
                    Window window = await measure(this, engine);
                    Report.Tell(Name, engine, run, window);
                    windows.TryAdd(engine, []);
                    windows[engine].Add(window);
                }
                catch (Exception error)
                {
                    report.Fail(Name, engine, error);
                }
            }
        }

        foreach (string engine in Options.Engines.Where(windows.ContainsKey))
        {
            report.Add(Row(engine, windows[engine]));
        }
    }

    /// <summary>A row of this cell.</summary>
    internal ResultRow Row(string engine, IReadOnlyList<Window> windows) =>
        ResultRow.From(Options.Suite, engine, PayloadBytes, windows) with
        {
            Appenders = Appenders,
            Durability = Options.DurabilityName,
        };

    /// <summary>How long a side runs before it is measured.</summary>
    internal TimeSpan WarmUp(string engine) => Seen.Add(engine) ? 3 * Options.WarmUp : Options.WarmUp;

    /// <summary>Opens a log for this cell in a directory.</summary>
    internal async Task<IBenchLog> OpenAsync(string engine, string directory) => engine switch
    {
        "bare" or "bare-buffered" => BareLog.Open(
            Prepare(directory, direct: engine == "bare"), Appenders ?? 1, PayloadBytes),
        "fasterlog" or "fasterlog-fast" => new FasterBenchLog(
            directory, PayloadBytes, fastCommit: engine == "fasterlog-fast"),
        _ => await LogEngineBenchLog.OpenAsync(
            directory,
            Options.LogOptions,
            Options.Durability,
            PayloadBytes,
            Options.KeepBytes,
            Options.WarmPool),
    };

    /// <summary>A prepared file in a directory.</summary>
    internal static PreparedFile Prepare(string directory, bool direct) => PreparedFile.Create(
        Path.Combine(directory, "prepared"), PreparedFile.DefaultLength, direct, prepare: true);

    private string? WhyNot(string engine)
    {
        bool isOurs = engine.StartsWith("logengine", StringComparison.Ordinal);
        return engine switch
        {
            _ when !isOurs && Options.Durability != Durability.PowerLoss =>
                "it has only power-loss durability",
            "logengine-blocking" when Appenders > 64 => "one thread for each appender",
            _ => null,
        };
    }
}
