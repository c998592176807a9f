using System.Collections.Concurrent;
using Xunit.Abstractions;

namespace LogEngine.PostgreSqlTests;

/// <summary>A primary with a synchronous standby: what was acknowledged at machine loss survives its loss.</summary>
public sealed class StandbyTests(TwoServers servers, ITestOutputHelper output) : IClassFixture<TwoServers>
{
    private static readonly int Rounds = int.Parse(
        Environment.GetEnvironmentVariable("LOGENGINE_FAILOVERS") ?? "3",
        System.Globalization.CultureInfo.InvariantCulture);

    // A cancelled wait for the standby is a commit that the server reports as a success.
    [SkippableFact]
    public async Task A_commit_whose_wait_was_cancelled_is_not_acknowledged_before_the_standby_has_it()
    {
        // One connection: the first put has made all that waits for the standby besides.
        await using PostgreSqlEngine engine = await OpenAsync("cancelled", writers: 1);
        Keyspace keys = engine.GetKeyspace("keys");
        await keys.PutAsync("first", "value", Durability.MachineLoss);
        servers.Standby.Freeze();
        Task<long> put = keys.PutAsync("second", "value", Durability.MachineLoss).AsTask();
        try
        {
            await Wait.UntilAsync(
                async () => await servers.Primary.AskAsync<long>(
                    "select count(pg_cancel_backend(pid)) from pg_stat_activity where wait_event = 'SyncRep'") > 0,
                "the commit waits for the standby");
            await Task.Delay(500);
            Assert.False(put.IsCompleted, "acknowledged, and the standby is frozen");
        }
        finally
        {
            servers.Standby.Thaw();
        }

        await put.WaitAsync(TimeSpan.FromSeconds(60));
    }

    // A primary that comes back without its standby shows rows that were never replicated.
    [SkippableFact]
    public async Task What_the_standby_has_not_got_is_not_shown_by_a_primary_that_came_back()
    {
        await using (PostgreSqlEngine before = await OpenAsync("shown"))
        {
            await before.GetKeyspace("keys").PutAsync("key", "value", Durability.MachineLoss);
        }

        servers.Standby.Freeze();
        Task<PostgreSqlEngine> opening;
        try
        {
            await servers.Primary.KillAsync();
            await servers.Primary.StartAsync();
            opening = OpenAsync("shown").AsTask();
            await Task.Delay(1500);
            Assert.False(opening.IsCompleted, "opened, and the standby has not confirmed anything");
        }
        finally
        {
            servers.Standby.Thaw();
        }

        await using PostgreSqlEngine engine = await opening.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal("value", await engine.GetKeyspace("keys").GetTextAsync("key"));
    }

    [SkippableFact]
    public async Task Nothing_acknowledged_is_lost_or_done_twice_when_the_primary_is_lost()
    {
        await using PostgreSqlEngine engine = await OpenAsync("failover");
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        for (int round = 1; round <= Rounds; round++)
        {
            Journal journal = new();
            using CancellationTokenSource done = new();
            Task[] working =
            [
                .. Enumerable.Range(0, 4).Select(p => Task.Run(() => ProduceAsync(queue, journal, round, p, done.Token))),
                .. Enumerable.Range(0, 4).Select(_ => Task.Run(() => ConsumeAsync(queue, journal, done.Token))),
            ];
            await Task.Delay(1000);
            long lost = TimeProvider.System.GetTimestamp();
            int before = journal.Sent.Count;
            await servers.FailOverAsync();
            await Wait.UntilAsync(
                () => Task.FromResult(journal.Sent.Count > before + 20), "work goes on");
            TimeSpan without = TimeProvider.System.GetElapsedTime(lost);
            await done.CancelAsync();
            await Task.WhenAll(working).WaitAsync(TimeSpan.FromMinutes(2));
            await DrainAsync(queue, journal);
            journal.Check();
            output.WriteLine(
                $"round {round}: {journal.Sent.Count} sent, {journal.Effects.Count} effects, "
                + $"{without.TotalSeconds:F1} s until 20 more were acknowledged");
        }
    }

    private static async Task ProduceAsync(
        DurableQueue queue, Journal journal, int round, int producer, CancellationToken done)
    {
        for (int i = 0; !done.IsCancellationRequested; i++)
        {
            string name = $"{round}-{producer}-{i}";
            journal.Tried[name] = 0;
            try
            {
                await queue.EnqueueAsync(
                    new QueueMessage(Text.Bytes(name)), Durability.MachineLoss, CancellationToken.None);
                journal.Sent[name] = 0;
            }
            catch (Exception error) when (error is UndeterminedCommitException or StorageUnavailableException)
            {
                // Not acknowledged: it may be there.
            }
        }
    }

    private static async Task ConsumeAsync(DurableQueue queue, Journal journal, CancellationToken done)
    {
        while (!done.IsCancellationRequested)
        {
            try
            {
                foreach (QueueDelivery delivery in await queue.ReceiveManyAsync(
                    8, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(10), CancellationToken.None))
                {
                    await delivery.AcknowledgeAsync(Durability.MachineLoss, CancellationToken.None);
                    journal.Acknowledge(Text.Of(delivery.Body));
                }
            }
            catch (Exception error)
                when (error is UndeterminedCommitException or StorageUnavailableException or LeaseLostException)
            {
                // It comes again, or does not.
            }
        }
    }

    private static async Task DrainAsync(DurableQueue queue, Journal journal)
    {
        await Wait.UntilAsync(
            async () =>
            {
                await ConsumeAllAsync(queue, journal);
                QueueStatistics left = await queue.GetStatisticsAsync();
                return left.Ready + left.Leased == 0;
            },
            "the queue is empty");
    }

    private static async Task ConsumeAllAsync(DurableQueue queue, Journal journal)
    {
        while (await queue.ReceiveManyAsync(50) is { Count: > 0 } some)
        {
            foreach (QueueDelivery delivery in some)
            {
                await delivery.AcknowledgeAsync(Durability.MachineLoss);
                journal.Acknowledge(Text.Of(delivery.Body));
            }
        }
    }

    private ValueTask<PostgreSqlEngine> OpenAsync(string schema, int writers = 2)
    {
        _ = servers.Primary;
        return PostgreSqlEngine.OpenAsync(new PostgreSqlEngineOptions
        {
            ConnectionString = servers.ConnectionString,
            Schema = schema,
            WriteConnections = writers,
            RetryTime = TimeSpan.FromSeconds(90),
            PollInterval = TimeSpan.FromMilliseconds(100),
        });
    }

    /// <summary>What was acknowledged, kept outside of what may be lost.</summary>
    private sealed class Journal
    {
        private readonly ConcurrentBag<string> _twice = [];

        internal ConcurrentDictionary<string, int> Tried { get; } = [];

        internal ConcurrentDictionary<string, int> Sent { get; } = [];

        internal ConcurrentDictionary<string, int> Effects { get; } = [];

        internal void Acknowledge(string name)
        {
            if (!Effects.TryAdd(name, 0))
            {
                _twice.Add(name);
            }
        }

        internal void Check()
        {
            Assert.Empty(_twice);
            Assert.Empty(Effects.Keys.Except(Tried.Keys));
            Assert.Empty(Sent.Keys.Except(Effects.Keys));
        }
    }
}
