using System.Diagnostics;
using System.Globalization;

namespace LogEngine.OrleansTests;

/// <summary>
/// kill -9 in the middle of writing states and registering reminders, again and again: every call that was complete has
/// its effect after the restart, and no grain has more than the one that was on its way. Two rounds; twenty where
/// LOGENGINE_FAULT_SECONDS is set, as for a long run.
/// </summary>
public sealed class KillTests
{
    private static int Rounds =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SECONDS")) ? 2 : 20;

    [Fact]
    public async Task States_and_reminders_that_were_written_are_there_after_a_kill()
    {
        using ScratchDirectory scratch = new();
        Random random = new(20261130);
        int[] written = new int[Worker.Grains];
        HashSet<(int Grain, string Name)> registered = [];
        for (int round = 0; round < Rounds; round++)
        {
            List<string> said = await RunAsync(scratch.Path, round, 100_000, random.Next(20, 100));
            Assert.DoesNotContain("end", said);
            Check(said, written, registered);
        }

        List<string> last = await RunAsync(scratch.Path, Rounds, 2, killAfter: null);
        Assert.Equal("end", last[^1]);
        Check(last, written, registered);
        Assert.True(written.Sum() > Worker.Grains * Rounds, $"only {written.Sum()} writes");
        Assert.True(registered.Count >= Worker.Grains, $"only {registered.Count} reminders");
    }

    /// <summary>What a round has found against what those before it had said, and what it has said itself.</summary>
    private static void Check(List<string> said, int[] written, HashSet<(int, string)> registered)
    {
        HashSet<(int, string)> kept = [];
        foreach (string[] words in said.Select(line => line.Split(' ')).Where(words => words.Length == 3))
        {
            int grain = int.Parse(words[1], CultureInfo.InvariantCulture);
            switch (words[0])
            {
                case "found":
                    int found = int.Parse(words[2], CultureInfo.InvariantCulture);
                    Assert.InRange(found, written[grain], written[grain] + 1);
                    written[grain] = found;
                    break;
                case "kept":
                    kept.Add((grain, words[2]));
                    break;
                case "wrote":
                    int value = int.Parse(words[2], CultureInfo.InvariantCulture);
                    Assert.Equal(written[grain] + 1, value);
                    written[grain] = value;
                    break;
                case "registered":
                    kept.Add((grain, words[2]));
                    registered.Add((grain, words[2]));
                    break;
                default:
                    Assert.Fail(string.Join(' ', words));
                    break;
            }
        }

        Assert.Contains("ready", said);
        Assert.Subset(kept, registered);
        registered.UnionWith(kept);
    }

    /// <summary>
    /// Runs the program, and kills it once it has said so many lines behind the one that says it is ready; null: to its
    /// end.
    /// </summary>
    private static async Task<List<string>> RunAsync(string directory, int round, int count, int? killAfter)
    {
        string[] arguments =
        [
            typeof(KillTests).Assembly.Location,
            directory,
            round.ToString(CultureInfo.InvariantCulture),
            count.ToString(CultureInfo.InvariantCulture),
        ];
        using Process process = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        List<string> said = [];
        int left = int.MaxValue;
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                said.Add(line);
                left = line == "ready" ? killAfter ?? int.MaxValue : left - 1;
                if (left == 0)
                {
                    process.Kill();
                }
            }
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }

        await process.WaitForExitAsync(patience.Token);
        string error = await errors;
        Assert.True(said.Count > 0, error);
        Assert.True(killAfter is not null || process.ExitCode == 0, error);
        return said;
    }
}
