using System.Globalization;
using System.Text.RegularExpressions;

namespace LogEngine.Platforms;

/// <summary>
/// The same few scenes on every platform that can be run here: processes that share a directory, one of
/// which is killed.
/// </summary>
internal static partial class PlatformTests
{
    /// <summary>
    /// After a kill whoever looked believed in a live writer for ever, where the lock could not be asked:
    /// a read-only opening showed nothing of what was acknowledged.
    /// </summary>
    internal static async Task KillAsync(Emulation on)
    {
        using ScratchDirectory scratch = new();
        string directory = on.PathOf(scratch.Path);
        using LiveWriter writer = await LiveWriter.StartAsync(on, scratch.Path, 40);

        (int code, string output) = await on.RunAsync("look", directory);
        Assert.True(code == 0, output);
        Assert.Contains("writer True Live sound beside", output, StringComparison.Ordinal);
        (code, output) = await on.RunAsync("open", directory);
        Assert.True(code == 0, output);
        Assert.Contains("locked", output, StringComparison.Ordinal);

        await writer.KillAsync();
        (code, output) = await on.RunAsync("look", directory);
        Assert.True(code == 0, output);
        Assert.Contains("writer False", output, StringComparison.Ordinal);
        Assert.Contains("sound alone", output, StringComparison.Ordinal);
        long records = long.Parse(
            Records().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(
            records >= writer.Acknowledged, $"{records} of {writer.Acknowledged} acknowledged");

        (code, output) = await on.RunAsync("open", directory);
        Assert.True(code == 0, output);
        Assert.Contains($"opened {records}", output, StringComparison.Ordinal);
        (code, output) = await on.RunAsync("look", directory);
        Assert.True(code == 0, output);
        Assert.Contains("writer False Sealed sound alone", output, StringComparison.Ordinal);
    }

    /// <summary>An engine through segments, a snapshot, compaction, and an opening.</summary>
    internal static async Task ShopAsync(Emulation on, string processor)
    {
        using ScratchDirectory scratch = new();
        (int code, string output) = await on.RunAsync("shop", on.PathOf(scratch.Path));
        Assert.True(code == 0, output);
        Assert.Contains($"kept 500 {processor}", output, StringComparison.Ordinal);

        // What was written there is read here.
        await using EmbeddedEngine here = await StorageEngine.OpenAsync(scratch.Path);
        Assert.StartsWith(
            "2 ", await here.GetKeyspace("shop").GetTextAsync("key 7"), StringComparison.Ordinal);
    }

    /// <summary>Skips what takes minutes, unless it was asked for; gives what was.</summary>
    internal static string RequireLongRun()
    {
        string asked =
            Environment.GetEnvironmentVariable("LOGENGINE_PLATFORM_TESTS") ?? string.Empty;
        Skip.If(asked.Length == 0, "LOGENGINE_PLATFORM_TESTS names no namespaces: no long run");
        return asked;
    }

    /// <summary>
    /// With LOGENGINE_PLATFORM_TESTS=NAMESPACES (such as Storage,Log or all) every class of tests/Unit in
    /// them, a process for each; otherwise it is skipped.
    /// </summary>
    internal static async Task RunNamespacesAsync(
        Emulation on, string[] without, string[] withoutClasses)
    {
        string asked = RequireLongRun();
        List<string> wrong = [];
        foreach (string part in asked.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            (int code, string classes) = await on.RunAsync(
                "classes", part == "all" ? "LogEngine.Unit." : $"LogEngine.Unit.{part}.");
            Assert.True(code == 0, classes);
            foreach (string name in classes.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Where(name => !withoutClasses.Contains(name[(name.LastIndexOf('.') + 1)..])))
            {
                (code, string output) = await on.RunAsync(
                    ["tests", name, .. without.Select(test => "-" + test)]);
                string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
                Console.WriteLine($"{name}: {(lines.Length == 0 ? "nothing" : lines[^1])}");
                if (code != 0)
                {
                    wrong.Add($"{name} ended with {code}: {Interesting(lines)}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>What failed, or the test that it ended in.</summary>
    private static string Interesting(string[] lines)
    {
        IEnumerable<string> failed = lines.Where(
            l => l.StartsWith("FAILED", StringComparison.Ordinal)
                || l.StartsWith("  ", StringComparison.Ordinal));
        return failed.Any() ? string.Join('\n', failed) : string.Join('\n', lines.TakeLast(12));
    }

    [GeneratedRegex(@"records (\d+)")]
    private static partial Regex Records();
}
