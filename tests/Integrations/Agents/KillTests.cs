using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace LogEngine.AgentsTests;

/// <summary>
/// kill -9 in the middle of a workflow, again and again: it goes on where it was. No number whose step was complete is
/// begun again, none is left out, and what comes out is the sum of all, once. Three rounds; twenty where
/// LOGENGINE_FAULT_SECONDS is set, as for a long run.
/// </summary>
public sealed class KillTests
{
    private static int Rounds =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SECONDS")) ? 3 : 20;

    [Fact]
    public async Task A_killed_workflow_goes_on_where_it_was()
    {
        using ScratchDirectory scratch = new();
        Random random = new(20261130);

        // A round says at least two lines a number, so all together cannot come to the end.
        int upTo = 40 * Rounds;
        int begun = 0;
        int complete = 0;
        for (int round = 0; round < Rounds; round++)
        {
            List<string> said = await RunAsync(scratch.Path, upTo, random.Next(1, 60));
            Assert.DoesNotContain(said, line => line.StartsWith("sum ", StringComparison.Ordinal));
            Check(said, ref begun, ref complete);
        }

        List<string> last = await RunAsync(scratch.Path, upTo, killAfter: null);
        Check(last, ref begun, ref complete);
        Assert.Equal(upTo, begun);
        Assert.Equal($"sum {upTo * (upTo + 1L) / 2}", last[^1]);

        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path);
        Keyspace effects = engine.GetKeyspace("effects");
        long times = 0;
        for (int number = 1; number <= upTo; number++)
        {
            long count = await effects.GetCounterAsync(
                Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
            Assert.InRange(count, 1, 1 + Rounds);
            times += count;
        }

        // A kill has at most the step that was under way done again.
        Assert.InRange(times, upTo, upTo + Rounds);
    }

    /// <summary>
    /// In the order in which it was said: numbers follow one another; a round begins with the first whose step was not
    /// complete, or where the kill came before that could be said, with the one behind it.
    /// </summary>
    private static void Check(List<string> said, ref int begun, ref int complete)
    {
        bool first = true;
        foreach (string line in said)
        {
            if (line.StartsWith("begun ", StringComparison.Ordinal))
            {
                int number = int.Parse(line.AsSpan(6), CultureInfo.InvariantCulture);
                if (first)
                {
                    Assert.InRange(number, Math.Max(1, complete + 1), begun + 1);
                    complete = number - 1;
                    first = false;
                }
                else
                {
                    Assert.Equal(begun + 1, number);
                }

                begun = number;
            }
            else if (line.StartsWith("saved ", StringComparison.Ordinal))
            {
                // A later number may have begun before this is said.
                complete++;
                Assert.True(complete <= begun + 1, $"{complete} steps of {begun} numbers are complete");
            }
        }
    }

    /// <summary>Runs the program, and kills it once it has said so many lines; null: to its end.</summary>
    private static async Task<List<string>> RunAsync(string directory, int upTo, int? killAfter)
    {
        string[] arguments =
            [typeof(KillTests).Assembly.Location, directory, upTo.ToString(CultureInfo.InvariantCulture)];
        using Process process = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        List<string> said = [];
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(3));
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
            {
                said.Add(line);
                if (said.Count == killAfter)
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
