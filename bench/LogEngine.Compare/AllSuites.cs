using System.Diagnostics;
using LogEngine.Compare.Reporting;

namespace LogEngine.Compare;

/// <summary>Every suite, one after the other, and a report over all their results.</summary>
internal static class AllSuites
{
    /// <summary>Runs them; gives the exit code of the worst.</summary>
    /// <exception cref="UsageException">The command line is wrong for any suite.</exception>
    internal static async Task<int> RunAsync(string[] args)
    {
        int at = Array.IndexOf(args, "--out");
        if (at == args.Length - 1 && at >= 0)
        {
            throw new UsageException("--out takes a directory.");
        }

        string output = Path.GetFullPath(at < 0 ? "bench-results" : args[at + 1]);
        string[] rest = at < 0 ? args : [.. args[..at], .. args[(at + 2)..]];
        (SuiteEntry Suite, CompareOptions Options)[] runs =
            [.. SuiteCatalog.All.Select(suite => (suite, OptionParser.Parse(suite, rest)))];
        Directory.CreateDirectory(output);
        List<string> times = [];
        int worst = 0;
        long begun = Stopwatch.GetTimestamp();
        foreach ((SuiteEntry suite, CompareOptions options) in runs)
        {
            Directory.CreateDirectory(options.Directory);
            long started = Stopwatch.GetTimestamp();
            string file = Path.Combine(output, $"{suite.Name}.json");
            worst = Math.Max(
                worst, await SuiteRun.RunAsync(suite, options with { JsonFile = file }));
            times.Add($"{suite.Name} {Stopwatch.GetElapsedTime(started).TotalSeconds:N1}");
        }

        Console.WriteLine(
            $"{Stopwatch.GetElapsedTime(begun).TotalSeconds:N0} s: {string.Join(", ", times)}");
        return Math.Max(worst, ReportCommand.Run(output));
    }
}
