using System.Diagnostics;
using System.Globalization;

namespace LogEngine.AkkaTests;

/// <summary>
/// kill -9 while actors persist, save snapshots and delete, again and again: whatever a handler was told is recovered,
/// in its order, without a gap. Two rounds; twenty where LOGENGINE_FAULT_SECONDS is set, as for a long run.
/// </summary>
public sealed class KillTests
{
    private static int Rounds =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SECONDS")) ? 2 : 20;

    [Fact]
    public async Task What_a_handler_was_told_is_recovered_without_a_gap()
    {
        using ScratchDirectory scratch = new();
        Random random = new(20261130);
        Dictionary<string, long> told = [];
        for (int round = 0; round < Rounds; round++)
        {
            foreach (string line in await RunAsync(scratch.Path, random.Next(20, 600)))
            {
                string[] words = line.Split(' ');
                if (words[0] == "persisted")
                {
                    told[words[1]] = Math.Max(told.GetValueOrDefault(words[1]), Number(words[2]));
                }
            }

            await CheckAsync(scratch.Path, told);
        }

        Assert.Equal(Worker.Actors, told.Count);
        Assert.True(told.Values.Min() > Rounds, $"an actor has persisted {told.Values.Min()} events only");
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(scratch.Path);
        Assert.True(
            await engine.GetStoreKeyspace("logengine/akka/snapshots/default").CountAsync() > 0, "no snapshot");
    }

    private static async Task CheckAsync(string directory, Dictionary<string, long> told)
    {
        ActorSystem system = Worker.Start(directory);
        for (int number = 0; number < Worker.Actors; number++)
        {
            Worker.Recovered recovered = await Worker.StartCounter(system, number)
                .Ask<Worker.Recovered>("recovered", TimeSpan.FromMinutes(1));
            string id = recovered.PersistenceId;
            long highest = recovered.Highest;
            Assert.True(
                highest >= told.GetValueOrDefault(id),
                $"{id} has recovered {highest}, and was told {told.GetValueOrDefault(id)}");
            Assert.Equal(Enumerable.Range(1, (int)highest), recovered.Numbers.Select(of => (int)of));

            // Of what is persisted together all is there or nothing: 5 with 6 and 7.
            Assert.True(highest % 5 is not (0 or 1) || highest < 5, $"{id} ends with {highest}");
        }

        await system.Terminate();
    }

    /// <summary>Runs the program, and kills it once it has said so many lines.</summary>
    private static async Task<List<string>> RunAsync(string directory, int killAfter)
    {
        string[] arguments = [typeof(KillTests).Assembly.Location, directory];
        using Process process = Process.Start(new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        List<string> said = [];
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
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
        Assert.True(said.Count >= killAfter, await errors);
        return said;
    }

    private static long Number(string word) => long.Parse(word, CultureInfo.InvariantCulture);
}
