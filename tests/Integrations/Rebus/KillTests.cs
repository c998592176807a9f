using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LogEngine.RebusTests;

/// <summary>
/// kill -9 in the middle of sending and handling, again and again: every message whose sending was complete is
/// handled, and what a handler writes and sends is there once. Three rounds; twenty where LOGENGINE_FAULT_SECONDS is
/// set, as for a long run.
/// </summary>
public sealed class KillTests
{
    private const int MessagesPerRound = 200;

    private static int Rounds =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("LOGENGINE_FAULT_SECONDS")) ? 3 : 20;

    [Fact]
    public async Task Every_message_that_was_sent_is_handled_and_its_effects_are_there_once()
    {
        using ScratchDirectory scratch = new();
        Random random = new(20261130);
        HashSet<int> sent = [];
        int killed = 0;
        for (int round = 0; round < Rounds; round++)
        {
            List<string> said = await RunAsync(
                scratch.Path, round * MessagesPerRound, MessagesPerRound, random.Next(1, 150));
            Assert.DoesNotContain("end", said);
            killed++;
            sent.UnionWith(said.Where(line => line.StartsWith("sent ", StringComparison.Ordinal)).Select(NumberOf));
        }

        List<string> last = await RunAsync(scratch.Path, Rounds * MessagesPerRound, 10, killAfter: null);
        Assert.Equal("end", last[^1]);
        sent.UnionWith(last.Where(line => line.StartsWith("sent ", StringComparison.Ordinal)).Select(NumberOf));

        await CheckAsync(scratch.Path, sent);
        Assert.Equal(Rounds, killed);
        Assert.True(sent.Count > 10 * Rounds, $"only {sent.Count} messages were sent");
    }

    private static async Task CheckAsync(string directory, HashSet<int> sent)
    {
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(directory);
        Keyspace effects = engine.GetKeyspace("effects");
        HashSet<int> handled = [];
        await foreach (KeyValueEntry effect in effects.Scan().ReadAllAsync())
        {
            int number = int.Parse(Encoding.UTF8.GetString(effect.Key.Span), CultureInfo.InvariantCulture);
            handled.Add(number);
            Assert.Equal(1, await effects.IncrementAsync(effect.Key, 0));
        }

        // What was not acknowledged to the sender may be there all the same.
        Assert.Subset(handled, sent);

        // Of each saga there is the first revision, and the key of its correlation property.
        int sagas = 0;
        Keyspace stored = engine.GetStoreKeyspace("logengine/rebus/sagas/sagas");
        await foreach (KeyValueEntry saga in stored.Scan().ReadAllAsync())
        {
            if (saga.Key.Span[0] == 1)
            {
                sagas++;
                using JsonDocument row = JsonDocument.Parse(saga.Value);
                Assert.Equal(1, row.RootElement.GetProperty("Data").GetProperty("Handled").GetInt32());
            }
        }

        Assert.Equal(handled.Count, sagas);
        QueueOptions options = new() { MaxDeliveries = 0 };
        List<int> done = [];
        await using DurableQueue queue = await engine.OpenQueueAsync("done", options);
        while (await queue.TryReceiveAsync() is { } delivery)
        {
            done.Add(JsonSerializer.Deserialize<Done>(delivery.Body.Span)!.Number);
        }

        Assert.Equal(handled.Order(), done.Order());
        await using DurableQueue errors = await engine.OpenQueueAsync("error", options);
        Assert.Equal(0, (await errors.GetStatisticsAsync()).Ready);
    }

    /// <summary>Runs the program, and kills it once it has said so many lines; null: to its end.</summary>
    private static async Task<List<string>> RunAsync(string directory, int first, int count, int? killAfter)
    {
        string[] arguments =
        [
            typeof(KillTests).Assembly.Location,
            directory,
            first.ToString(CultureInfo.InvariantCulture),
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
        string error = await errors;
        Assert.True(said.Count > 0, error);
        Assert.True(killAfter is not null || process.ExitCode == 0, error);
        return said;
    }

    private static int NumberOf(string line) =>
        int.Parse(line.AsSpan(line.IndexOf(' ') + 1), CultureInfo.InvariantCulture);
}
