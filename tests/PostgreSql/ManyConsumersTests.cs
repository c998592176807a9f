using Xunit.Abstractions;

namespace LogEngine.PostgreSqlTests;

/// <summary>Up to a thousand consumers in four processes on one queue, some of which are killed.</summary>
public sealed class ManyConsumersTests(OneServer fixture, ITestOutputHelper output) : IClassFixture<OneServer>
{
    private const int Processes = 4;

    // A quarter of them where the run is not a long one.
    private static readonly int Consumers =
        Environment.GetEnvironmentVariable("LOGENGINE_FAILOVERS") is null ? 60 : 250;

    private static readonly int Messages = 8 * Consumers;

    // Of WriteConnections, MaxReadConnections of the workers, two that lease and one for upkeep.
    private const int ConnectionsOfEach = 2 + 4 + 2 + 1;

    [SkippableFact]
    public async Task Each_message_is_done_once_nobody_starves_and_connections_are_few()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        List<WorkerProcess> all = [];
        WorkerProcess Start(params string[] arguments)
        {
            WorkerProcess worker = WorkerProcess.Start(
                [], [arguments[0], options.ConnectionString, options.Schema, .. arguments[1..]]);
            all.Add(worker);
            return worker;
        }

        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        await using DurableQueue queue = await engine.OpenQueueAsync("jobs");
        using CancellationTokenSource done = new();
        Task<long> connections = MostConnectionsAsync(done.Token);
        try
        {
            WorkerProcess[] receiving =
                [.. Enumerable.Range(0, Processes).Select(_ => Start("receive", $"{Consumers}"))];
            WorkerProcess sending = Start("send", "a", "1000000");
            WorkerProcess killed = receiving[0];
            await Wait.UntilAsync(() => Task.FromResult(receiving.All(r => r.Said > 100)), "all have begun");

            // One that sends and one that receives are killed amid their work; others come.
            await sending.KillAsync();
            sending = Start("send", "b", $"{Messages}");
            await killed.KillAsync();
            receiving[0] = Start("receive", $"{Consumers}");
            await Wait.UntilAsync(() => Task.FromResult(sending.Lines.Contains("end")), "all are sent");
            await Wait.UntilAsync(
                async () => await queue.GetStatisticsAsync() is { Ready: 0, Leased: 0 }, "all are done");

            // Whoever has had nothing yet gets of the next ones: each asks again when it is done.
            await Wait.UntilAsync(
                async () =>
                {
                    await queue.EnqueueManyAsync(
                        [.. Enumerable.Range(0, 200).Select(_ => new QueueMessage(Text.Bytes($"c-{Guid.NewGuid()}")))]);
                    await Task.Delay(500);
                    return receiving.All(r => ConsumersOf(r).Count == Consumers);
                },
                "each consumer has got something");
            await Wait.UntilAsync(
                async () => await queue.GetStatisticsAsync() is { Ready: 0, Leased: 0 }, "all are done");
            foreach (WorkerProcess worker in receiving)
            {
                (int code, string errors) = await worker.EndAsync();
                Assert.True(code == 0, errors);
            }

            await CheckAsync(engine, all);
        }
        finally
        {
            all.ForEach(worker => worker.Dispose());
            await done.CancelAsync();
        }

        long most = await connections;
        output.WriteLine($"at most {most} connections");
        Assert.InRange(most, Processes, (Processes + 2) * ConnectionsOfEach);
    }

    private static HashSet<string> ConsumersOf(WorkerProcess worker) =>
        [.. WordsOf(worker, "done ").Select(line => line.Split(' ')[0])];

    private static IEnumerable<string> WordsOf(WorkerProcess worker, string word) => worker.Lines
        .Where(line => line.StartsWith(word, StringComparison.Ordinal)).Select(line => line[word.Length..]);

    private async Task CheckAsync(PostgreSqlEngine engine, List<WorkerProcess> all)
    {
        List<string> effects = [];
        await foreach (KeyValueEntry entry in engine.GetKeyspace("effects").Scan().ReadAllAsync())
        {
            effects.Add(Text.Of(entry.Key).Split(' ')[0]);
        }

        List<string> sent = [.. all.SelectMany(worker => WordsOf(worker, "sent "))];
        List<string> told = [.. all.SelectMany(worker => WordsOf(worker, "done ")).Select(line => line.Split(' ')[1])];
        output.WriteLine($"{sent.Count} sent by workers, {effects.Count} done, {told.Count} told");
        Assert.Equal(effects.Count, effects.Distinct().Count());
        Assert.Empty(sent.Except(effects));
        Assert.Empty(told.Except(effects));
        Assert.Equal(told.Count, told.Distinct().Count());
    }

    /// <summary>Those of the workers; this process has some of its own, of the same name.</summary>
    private async Task<long> MostConnectionsAsync(CancellationToken done)
    {
        long most = 0;
        while (!done.IsCancellationRequested)
        {
            most = Math.Max(most, await fixture.Server.AskAsync<long>(
                "select count(*) from pg_stat_activity where application_name = 'LogEngine'"));
            await Task.Delay(100, CancellationToken.None);
        }

        return most;
    }
}
