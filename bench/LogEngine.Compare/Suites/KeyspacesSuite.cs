using System.Diagnostics;
using System.Globalization;
using LogEngine.Compare.Measuring;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare.Suites;

/// <summary>
/// Many keyspaces of one key, or many queues, in one engine: what each costs to make, to open again, to
/// read, to list and to drop, and how much memory it takes. Each step is a process of its own.
/// </summary>
internal static class KeyspacesSuite
{
    internal const string Name = "kv-keyspaces";

    /// <summary>Hidden verb: one step.</summary>
    internal const string ChildVerb = "kv-keyspaces-child";

    private const int KilledBySignal = 137;

    /// <summary>Keyspaces of a queue.</summary>
    private const int OfAQueue = 5;

    internal static IReadOnlyList<string> Sides { get; } = ["keyspaces", "queues"];

    internal static async Task RunAsync(CompareOptions options, Report report)
    {
        foreach (string side in options.Engines)
        {
            foreach (long keys in options.Keys)
            {
                // So that the number of keyspaces is about the same on both sides.
                long count = side == "queues" ? keys / 2 / OfAQueue : keys;
                using RunDirectory directory = new(options, side);
                try
                {
                    foreach (string step in KeyspacesChild.Steps)
                    {
                        await RunStepAsync(options, report, side, step, count, directory.Path);
                    }
                }
                catch (Exception error)
                {
                    report.Fail(Name, side, error);
                }
            }
        }
    }

    private static async Task RunStepAsync(
        CompareOptions options,
        Report report,
        string side,
        string step,
        long count,
        string directory)
    {
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                typeof(KeyspacesSuite).Assembly.Location,
                ChildVerb,
                side,
                step,
                count.ToString(CultureInfo.InvariantCulture),
                directory,
                options.DurabilityName,
            },
        };
        using Process child = Process.Start(start)!;
        for (string? line; (line = await child.StandardOutput.ReadLineAsync()) is not null;)
        {
            // What was done, its microseconds, its processor time, and a note.
            string[] parts = line.Split('\t');
            if (parts.Length != 4)
            {
                Console.Error.WriteLine(line);
                continue;
            }

            Window window = new(count, Microseconds(parts[1]))
            {
                CpuTime = Microseconds(parts[2]),
                OpenTime = parts[0].StartsWith("open", StringComparison.Ordinal)
                    ? Microseconds(parts[1])
                    : null,
                Note = parts[3],
            };
            Report.Tell($"{Name} {side} {count}", parts[0], 1, window);
            report.Add(ResultRow.From(Name, $"{side}: {parts[0]}", 1, [window]) with
            {
                Keys = count,
                Durability = options.DurabilityName,
            });
        }

        await child.WaitForExitAsync();
        if (child.ExitCode != (step == KeyspacesChild.KilledStep ? KilledBySignal : 0))
        {
            throw new InvalidOperationException($"Step '{step}' ended with {child.ExitCode}.");
        }
    }

    private static TimeSpan Microseconds(string text) =>
        TimeSpan.FromMicroseconds(double.Parse(text, CultureInfo.InvariantCulture));
}
