using LogEngine.Compare.Reporting;

namespace LogEngine.Compare;

/// <summary>One suite, at each durability that it is asked for.</summary>
internal static class SuiteRun
{
    /// <summary>Runs it; gives the exit code.</summary>
    /// <exception cref="UsageException">The command line is wrong.</exception>
    internal static async Task<int> RunAsync(SuiteEntry suite, string[] args)
    {
        CompareOptions options = OptionParser.Parse(suite, args);
        Directory.CreateDirectory(options.Directory);
        return await RunAsync(suite, options);
    }

    /// <summary>As above, with options that have been read.</summary>
    internal static async Task<int> RunAsync(SuiteEntry suite, CompareOptions options)
    {
        Report report = new(options);
        foreach (Durability durability in options.Durabilities)
        {
            await suite.RunAsync(options with { Durability = durability }, report);
        }

        report.Show();
        return report.Failures == 0 ? 0 : 2;
    }
}
