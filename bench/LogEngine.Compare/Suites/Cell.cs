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
    /// <param name="report">Where to.</param>
    /// <param name="measure">One run of one engine.</param>
    /// <param name="beforeRows">Called when all runs are over and no row has been added.</param>
    internal async Task RunAsync(
        Report report, Func<Cell, string, Task<Window>> measure, Action? beforeRows = null)
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

        beforeRows?.Invoke();
        foreach (string engine in Options.Engines.Where(windows.ContainsKey))
        {
            report.Add(Row(engine, windows[engine]));
        }
    }

    /// <summary>State of an engine's pool of recycled segments, as asked for.</summary>
    internal string? Pool(string engine) => (IsOurs(engine), Options.WarmPool) switch
    {
        (false, _) => null,
        (_, true) => "warm",
        _ => "cold",
    };

    /// <summary>A row of this cell.</summary>
    internal ResultRow Row(string engine, IReadOnlyList<Window> windows) =>
        ResultRow.From(Options.Suite, engine, PayloadBytes, windows) with
        {
            Appenders = Appenders,
            Durability = Options.DurabilityName,
        };

    /// <summary>Rests, then says how long the side is to run before it is measured.</summary>
    internal TimeSpan PauseBeforeWarmUp(string engine)
    {
        Thread.Sleep(Options.Pause);
        return Seen.Add(engine) ? 3 * Options.WarmUp : Options.WarmUp;
    }

    /// <summary>Opens a log for this cell in a directory.</summary>
    internal async Task<IBenchLog> OpenAsync(string engine, string directory) => engine switch
    {
        "bare" or "bare-buffered" => BareLog.Open(
            Prepare(directory, direct: engine == "bare"), Appenders ?? 1, PayloadBytes),
        "fasterlog" or "fasterlog-fast" => new FasterBenchLog(
            directory,
            PayloadBytes,
            fastCommit: engine == "fasterlog-fast",
            waited: Appenders is not null),
        _ => await LogEngineBenchLog.OpenAsync(
            directory,
            Options.LogOptions with
            {
                GroupsInFlight = engine switch
                {
                    "logengine-1" => 1,
                    "logengine-2" => 2,
                    _ => WriteAheadLogOptions.DefaultGroupsInFlight,
                },
            },
            Options.Durability,
            PayloadBytes,
            Options.KeepBytes,
            Options.WarmPool),
    };

    /// <summary>A prepared file in a directory.</summary>
    internal static PreparedFile Prepare(string directory, bool direct) => PreparedFile.Create(
        Path.Combine(directory, "prepared"), PreparedFile.DefaultLength, direct, prepare: true);

    private static bool IsOurs(string engine) =>
        engine.StartsWith("logengine", StringComparison.Ordinal);

    private string? WhyNot(string engine)
    {
        return engine switch
        {
            _ when !IsOurs(engine) && Options.Durability != Durability.PowerLoss =>
                "it has only power-loss durability",
            "logengine-blocking" when Appenders > 64 => "one thread for each appender",
            _ => null,
        };
    }
}
