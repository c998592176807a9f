using System.Diagnostics;
using System.Globalization;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;
using LogEngine.Compare.Storage;
using LogEngine.Compare.Stores;

namespace LogEngine.Compare.Suites;

/// <summary>
/// What grows with a store, and with what: memory, opening, snapshots, writing, space; over the number of
/// keys at one size of value, and over the size of values at one number of keys. Each step is a process of
/// its own, so that memory is its own.
/// </summary>
internal static class GrowthSuite
{
    internal const string Name = "growth";

    /// <summary>What grows.</summary>
    internal static readonly string[] Sides = ["keys", "bytes"];

    private const int KilledBySignal = 137;

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        int small = options.Payloads[0];
        foreach (string side in options.Engines)
        {
            IEnumerable<(long Keys, int Payload)> points = side == "keys"
                ? options.Keys.Select(keys => (keys, small))
                : options.LogBytes.Select(bytes => (
                    options.Keys.Min(),
                    Math.Max(sizeof(long), (int)(bytes / options.Keys.Min()) - StoreKeys.Length)));
            foreach ((long keys, int payload) in points)
            {
                try
                {
                    report.Add(await MeasureAsync(options, side, keys, payload));
                }
                catch (Exception error)
                {
                    report.Fail($"{Name} {keys} keys of {payload} B", side, error);
                }
            }
        }
    }

    private static async Task<ResultRow> MeasureAsync(
        CompareOptions options, string side, long keys, int payload)
    {
        using RunDirectory directory = new(options, side);
        Dictionary<string, double> figures = [];
        foreach (string step in GrowthChild.Steps)
        {
            await RunStepAsync(options, step, directory.Path, keys, payload, figures);
            if (step == GrowthChild.FillStep)
            {
                figures["disk"] = ProcessIo.DiskBytesIn(directory.Path);
            }

            if (step == GrowthChild.KilledStep)
            {
                figures["snapshot_bytes"] = new DirectoryInfo(directory.Path)
                    .EnumerateFiles("*.snap").Max(file => file.Length);
            }
        }

        double? Figure(string name) =>
            figures.TryGetValue(name, out double figure) ? figure : null;

        double live = keys * (double)(payload + StoreKeys.Length);
        ResultRow row = ResultRow.From(
            Name, side, payload, [new Window(keys, TimeSpan.FromSeconds(figures["fill_s"]))]) with
        {
            Keys = keys,
            Appenders = options.Appenders[0],
            Durability = options.DurabilityName,
            LiveBytes = (long)live,
            IndexBytes = (long)figures["index_bytes"],
            ProcessBytes = (long)figures["process_bytes"],
            DiskBytes = (long)figures["disk"],
            SpaceAmplification = Math.Round(figures["disk"] / live, 2),
            FillAmplification = Math.Round(figures["fill_written"] / live, 2),
            WriteAmplification = Math.Round(figures["update_written"] / figures["update_bytes"], 2),
            OpenMs = Math.Round(figures["open_ms"], 1),
            OpenKilledMs = Math.Round(figures["open_killed_ms"], 1),
            SnapshotBytes = (long)figures["snapshot_bytes"],
            SnapshotMs = ResultRow.Rounded(Figure("snapshot_ms")),
            P99Us = ResultRow.Rounded(Figure("calm_p99_us")),
            SnapshotP99Us = ResultRow.Rounded(Figure("snapshot_p99_us")),
            Note = string.Create(
                CultureInfo.InvariantCulture,
                $"{figures["snapshots"]:N0} snapshots; killed with {figures["tail_bytes"] / 1048576:N0} MiB "
                + $"behind the last one"),
        };
        Report.Tell($"{Name} {keys} keys of {payload} B", side, 1, new Window(keys, TimeSpan.FromSeconds(figures["fill_s"])));
        return row;
    }

    private static async Task RunStepAsync(
        CompareOptions options,
        string step,
        string directory,
        long keys,
        int payload,
        Dictionary<string, double> figures)
    {
        double seconds = options.Length.TotalSeconds;
        object[] numbers =
        [
            keys, payload, options.Appenders[0], seconds, options.CacheBytes, options.TailBytes,
            options.Updates, options.Settle.TotalSeconds,
        ];
        ProcessStartInfo start = new(
            "dotnet",
            [
                typeof(GrowthSuite).Assembly.Location, GrowthChild.Verb, step, directory,
                options.DurabilityName,
                .. numbers.Select(number => Convert.ToString(number, CultureInfo.InvariantCulture)!),
            ])
        {
            RedirectStandardOutput = true,
        };
        using Process child = Process.Start(start)!;
        for (string? line; (line = await child.StandardOutput.ReadLineAsync()) is not null;)
        {
            string[] parts = line.Split('\t');
            if (parts.Length == 2)
            {
                figures[parts[0]] = double.Parse(parts[1], CultureInfo.InvariantCulture);
            }
            else
            {
                Console.Error.WriteLine(line);
            }
        }

        await child.WaitForExitAsync();
        if (child.ExitCode != (step == GrowthChild.KilledStep ? KilledBySignal : 0))
        {
            throw new InvalidOperationException($"Step '{step}' ended with {child.ExitCode}.");
        }
    }
}
