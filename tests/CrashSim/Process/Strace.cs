using System.Globalization;

namespace LogEngine.CrashSim.Processes;

/// <summary>Runs the child writer under strace, which makes chosen system calls fail.</summary>
internal static class Strace
{
    private static readonly Lazy<string?> Missing = new(FindMissing);

    /// <summary>Skips a test where strace is not there or may not trace.</summary>
    internal static void Require() => Skip.If(Missing.Value is not null, Missing.Value ?? "");

    /// <summary>Starts the writer of ten records with one injection.</summary>
    /// <param name="calls">System calls, separated by commas.</param>
    /// <param name="inject">What is done to them, as strace spells it.</param>
    /// <param name="directory">The log's directory.</param>
    /// <param name="mode">How it writes.</param>
    /// <param name="what">What the writer does.</param>
    /// <param name="run">Number of its run.</param>
    internal static ChildWriter Start(
        string calls,
        string inject,
        string directory,
        IoMode mode,
        string what = "once",
        int run = 1) => ChildWriter.StartUnder(
        "strace",
        [
            "-f", .. Filter(inject), "-qq", "-o", "/dev/null",
            "-e", $"trace={calls}", "-e", $"inject={calls}:{inject}",
        ],
        directory,
        mode.ToString(),
        run.ToString(CultureInfo.InvariantCulture),
        "1",
        what);

    /// <summary>
    /// Only the calls of interest stop the writer. But with that filter strace 6.1 sends a signal at
    /// the first call or never: kills go without it.
    /// </summary>
    private static string[] Filter(string inject) =>
        inject.StartsWith("signal", StringComparison.Ordinal) ? [] : ["--seccomp-bpf"];

    private static string? FindMissing()
    {
        if (Tools.Find("strace") is null)
        {
            return "strace is not installed";
        }

        (int code, string output) = Tools.Try(
            "strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "true");
        return code == 0 ? null : $"strace may not trace here: {output}";
    }
}
