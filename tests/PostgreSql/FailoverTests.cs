using Xunit.Abstractions;

namespace LogEngine.PostgreSqlTests;

/// <summary>What may become of a primary and its synchronous standby.</summary>
internal enum Loss
{
    /// <summary>The primary is killed; it comes back as the standby of its successor.</summary>
    Killed,

    /// <summary>The primary stands still, is replaced, and wakes without knowing of it.</summary>
    Frozen,

    /// <summary>The standby is away for a while.</summary>
    Alone,
}

/// <summary>Servers that are lost under load: what was acknowledged at machine loss is kept, and done once.</summary>
public sealed class FailoverTests(TwoServers servers, ITestOutputHelper output) : IClassFixture<TwoServers>
{
    private static readonly int Rounds = int.Parse(
        Environment.GetEnvironmentVariable("LOGENGINE_FAILOVERS") ?? "3",
        System.Globalization.CultureInfo.InvariantCulture);

    private PostgreSqlEngineOptions Options(string schema) => new()
    {
        ConnectionString = servers.ConnectionString,
        Schema = schema,
        DefaultDurability = Durability.MachineLoss,
        RetryTime = TimeSpan.FromSeconds(90),
        ResponseTimeout = TimeSpan.FromSeconds(3),
        PollInterval = TimeSpan.FromMilliseconds(100),
    };

    [SkippableFact]
    public async Task Nothing_acknowledged_is_lost_or_done_twice_whatever_becomes_of_the_servers()
    {
        for (int round = 1; round <= Rounds; round++)
        {
            Loss loss = (Loss)((round - 1) % 3);
            long began = TimeProvider.System.GetTimestamp();
            Journal journal = new();
            await RoundAsync(loss, $"{round}", journal);
            output.WriteLine(
                $"round {round}, {loss}: {journal.Sent} sent, {journal.Effects} acknowledged; "
                + $"lost {journal.Lost.Count}, twice {journal.Twice.Count}, wrong {journal.Wrong.Count}; "
                + $"{journal.WithoutService.TotalSeconds:F1} s without service, "
                + $"{TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s in all");
            journal.Check();
        }
    }

    // It took what came by connections that were open: those of a pool that were not in use.
    [SkippableFact]
    public async Task A_primary_that_was_replaced_while_it_stood_still_hands_out_nothing_when_it_wakes()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        PostgreSqlEngineOptions options = Options("woken") with { ResponseTimeout = TimeSpan.FromSeconds(1) };
        await using PostgreSqlEngine sleeper = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine worker = await PostgreSqlEngine.OpenAsync(options);
        DurableQueue asleep = await sleeper.OpenQueueAsync("jobs");
        DurableQueue awake = await worker.OpenQueueAsync("jobs");
        await asleep.EnqueueManyAsync(
            [.. Enumerable.Range(0, 20).Select(i => new QueueMessage(Text.Bytes($"{i}")))]);
        await (await asleep.TryReceiveAsync())!.AcknowledgeAsync();
        await sleeper.GetKeyspace("keys").PutAsync("key", "old");

        PostgreServer old = await servers.FreezeOverAsync();
        try
        {
            for (int left = 19; left > 0;)
            {
                foreach (QueueDelivery delivery in await awake.ReceiveManyAsync(20))
                {
                    await delivery.AcknowledgeAsync();
                    left--;
                }
            }

            await worker.GetKeyspace("keys").PutAsync("key", "new");
            old.Thaw();
            Assert.Null(await asleep.TryReceiveAsync());
            await sleeper.GetKeyspace("keys").PutAsync("other", "written");
            Assert.Equal("written", await worker.GetKeyspace("keys").GetTextAsync("other"));

            // It has met the new one: from now on it does not go back, by whatever connection.
            for (int i = 0; i < 20; i++)
            {
                Assert.Equal("new", await sleeper.GetKeyspace("keys").GetTextAsync("key"));
            }

            await sleeper.GetKeyspace("keys").PutAsync("third", "kept", Durability.PowerLoss);
            Assert.Equal("kept", await worker.GetKeyspace("keys").GetTextAsync("third"));

            // The old one is named first, and says that it is a primary.
            await using PostgreSqlEngine late = await PostgreSqlEngine.OpenAsync(options);
            await late.GetKeyspace("keys").PutAsync("late", "written");
            Assert.Equal("written", await worker.GetKeyspace("keys").GetTextAsync("late"));
        }
        finally
        {
            await servers.EndAsync(old);
        }
    }

    // Each try to connect left a server process that waited for the standby, until there was no room for any.
    [SkippableFact]
    public async Task While_the_standby_is_away_nothing_is_acknowledged_and_connections_stay_few()
    {
        Skip.If(PostgreServer.WhyNot() is not null, PostgreServer.WhyNot());
        PostgreSqlEngineOptions options = Options("alone") with
        {
            RetryTime = TimeSpan.FromSeconds(1),
            ResponseTimeout = TimeSpan.FromSeconds(1),
        };
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        await keys.PutAsync("before", "x");
        await servers.Standby.KillAsync();
        List<string> notWritten = [];
        long most = 0;
        int unknown = 0;
        using CancellationTokenSource done = new(TimeSpan.FromSeconds(7));
        Task[] writing = [.. Enumerable.Range(0, 8).Select(task => Task.Run(async () =>
        {
            for (int i = 0; !done.IsCancellationRequested; i++)
            {
                try
                {
                    await keys.PutAsync($"{task}/{i}", "x");
                    Assert.Fail("acknowledged, and one machine has it");
                }
                catch (UndeterminedCommitException)
                {
                    Interlocked.Increment(ref unknown);
                }
                catch (StorageUnavailableException)
                {
                    lock (notWritten)
                    {
                        notWritten.Add($"{task}/{i}");
                    }
                }
            }
        }))];
        while (!done.IsCancellationRequested)
        {
            most = Math.Max(most, await servers.Primary.AskAsync<long>(
                "select count(*) from pg_stat_activity where application_name = 'LogEngine'"));
            await Task.Delay(200);
        }

        await Task.WhenAll(writing);
        await servers.Standby.StartAsync();
        await Wait.UntilAsync(
            async () =>
            {
                try
                {
                    await keys.PutAsync("after", "x");
                    return true;
                }
                catch (Exception error)
                    when (error is UndeterminedCommitException or StorageUnavailableException)
                {
                    return false;
                }
            },
            "writes are acknowledged again");
        output.WriteLine($"{unknown} undetermined, {notWritten.Count} not written, {most} connections");
        Assert.True(unknown > 0 && notWritten.Count > 0, "both ways of not being acknowledged");
        foreach (string key in notWritten)
        {
            Assert.False(await keys.ContainsAsync(key), $"{key} was not written");
        }

        Assert.True(
            most <= options.WriteConnections + 2 + options.MaxReadConnections,
            $"{most} connections");
    }

    private async Task RoundAsync(Loss loss, string names, Journal journal)
    {
        _ = servers.Primary;
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(Options("failover"));
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(Options("failover"));
        await using PostgreSqlEngine sleeper = await PostgreSqlEngine.OpenAsync(Options("failover"));
        DurableQueue[] queues = [await one.OpenQueueAsync("jobs"), await two.OpenQueueAsync("jobs")];
        DurableQueue asleep = await sleeper.OpenQueueAsync("jobs");
        JournaledWork work = new(journal, names);
        await asleep.PeekAsync();
        using CancellationTokenSource done = new();
        List<Task> working =
        [
            .. Enumerable.Range(0, 4).Select(p => Task.Run(() => work.SendAsync(queues[p % 2], p, done.Token))),
            .. Enumerable.Range(0, 4).Select(c => Task.Run(() => work.ReceiveAsync(queues[c % 2], done.Token))),
        ];
        await Task.Delay(1000);
        journal.Restart();
        switch (loss)
        {
            case Loss.Killed:
                await servers.FailOverAsync();
                await GoesOnAsync(journal);
                break;
            case Loss.Frozen:
                PostgreServer old = await servers.FreezeOverAsync();
                try
                {
                    await GoesOnAsync(journal);
                    old.Thaw();
                    working.Add(Task.Run(() => work.ReceiveAsync(asleep, done.Token)));
                    await Task.Delay(1000);
                    await GoesOnAsync(journal);
                }
                finally
                {
                    await servers.EndAsync(old);
                }

                break;
            default:
                await servers.Standby.KillAsync();
                await Task.Delay(500);
                int alone = journal.Sent + journal.Effects;
                await Task.Delay(3000);
                Assert.Equal(alone, journal.Sent + journal.Effects);
                await servers.Standby.StartAsync();
                await GoesOnAsync(journal);
                break;
        }

        await done.CancelAsync();
        await Task.WhenAll(working).WaitAsync(TimeSpan.FromMinutes(2));
        await work.DrainAsync(queues[0]);
    }

    private static async Task GoesOnAsync(Journal journal)
    {
        int before = journal.Sent;
        await Wait.UntilAsync(() => Task.FromResult(journal.Sent > before + 20), "work goes on");
    }
}
