using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>Groups of messages in a queue that several processes share.</summary>
public sealed class GroupTests(OneServer fixture) : IClassFixture<OneServer>
{
    [SkippableFact]
    public async Task Of_a_group_one_message_is_out_at_a_time_and_in_order_whoever_sends_and_receives()
    {
        const int Engines = 3;
        const int Each = 120;
        PostgreSqlEngineOptions options = fixture.Options();
        ConcurrentDictionary<string, int> isOut = [];
        ConcurrentDictionary<string, int> last = [];
        int done = 0;
        int tooMany = 0;
        int disordered = 0;

        async Task WorkAsync(DurableQueue queue)
        {
            while (Volatile.Read(ref done) < Engines * Each
                && await queue.ReceiveManyAsync(4, TimeSpan.FromSeconds(5)) is { Count: > 0 } some)
            {
                foreach (QueueDelivery delivery in some)
                {
                    string[] words = Text.Of(delivery.Body).Split('/');
                    string stream = $"{words[0]} of {delivery.GroupId}";
                    int number = int.Parse(words[1], CultureInfo.InvariantCulture);
                    tooMany += isOut.AddOrUpdate(delivery.GroupId!, 1, (_, n) => n + 1) == 1 ? 0 : 1;
                    disordered += last.GetValueOrDefault(stream, -1) < number ? 0 : 1;
                    isOut.AddOrUpdate(delivery.GroupId!, 0, (_, n) => n - 1);
                    if (number % 7 == 0 && delivery.DeliveryCount == 1)
                    {
                        await delivery.NegativeAcknowledgeAsync();
                        continue;
                    }

                    last[stream] = number;
                    await delivery.AcknowledgeAsync();
                    Interlocked.Increment(ref done);
                }
            }
        }

        async Task SendAsync(DurableQueue queue, int sender)
        {
            for (int i = 0; i < Each; i++)
            {
                await queue.EnqueueAsync(new QueueMessage(Text.Bytes($"{sender}/{i}"))
                {
                    GroupId = $"group {i % 4}",
                    Lane = i % 8,
                });
            }
        }

        PostgreSqlEngine[] engines = new PostgreSqlEngine[Engines];
        List<Task> all = [];
        for (int i = 0; i < Engines; i++)
        {
            engines[i] = await PostgreSqlEngine.OpenAsync(options);
            DurableQueue queue = await engines[i].OpenQueueAsync("jobs");
            int sender = i;
            all.Add(Task.Run(() => SendAsync(queue, sender)));
            all.Add(Task.Run(() => WorkAsync(queue)));
            all.Add(Task.Run(() => WorkAsync(queue)));
        }

        await Task.WhenAll(all).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal((Engines * Each, 0, 0), (done, tooMany, disordered));
        QueueStatistics left = await (await engines[0].OpenQueueAsync("jobs")).GetStatisticsAsync();
        Assert.Equal((0L, 0L, 0L), (left.Ready, left.HeldBack, left.Leased));
        foreach (PostgreSqlEngine engine in engines)
        {
            await engine.DisposeAsync();
        }
    }

    // However many are held back: a claim does not step over them.
    [SkippableFact]
    public async Task What_is_held_back_is_not_in_the_index_that_a_claim_goes_by()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        await queue.EnqueueManyAsync([.. Enumerable.Range(0, 3000).Select(
            i => new QueueMessage(Text.Bytes($"{i}")) { GroupId = "one" })]);
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("free")));
        Assert.Equal(2, (await queue.ReceiveManyAsync(10)).Count);
        await using NpgsqlConnection connection = new(options.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand explain = new(
            $"set enable_seqscan = off; set enable_bitmapscan = off; explain analyze "
            + $"select m.id from {options.Schema}.messages m where m.queue = 1 and m.lane = 4 and m.due = 0 "
            + "and not m.held and m.id > 0 and m.leased_until <= 0 order by m.id limit 10",
            connection);
        List<string> plan = [];
        await using NpgsqlDataReader line = await explain.ExecuteReaderAsync();
        while (await line.ReadAsync())
        {
            plan.Add(line.GetString(0));
        }

        Assert.Contains(plan, text => text.Contains("messages_ready", StringComparison.Ordinal));
        Assert.Contains(plan, text => text.Contains("Removed by Filter: 2", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_transaction_of_the_callers_that_would_not_see_the_group_is_refused()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        await using NpgsqlConnection connection = new(options.ConnectionString);
        await connection.OpenAsync();
        foreach (bool isRefused in (bool[])[true, false])
        {
            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(
                isRefused
                    ? System.Data.IsolationLevel.RepeatableRead
                    : System.Data.IsolationLevel.ReadCommitted);
            WriteBatch batch = engine.CreateBatch();
            queue.Enqueue(batch, new QueueMessage(Text.Bytes("a")) { GroupId = "g" });
            if (isRefused)
            {
                PostgresException refused = await Assert.ThrowsAsync<PostgresException>(
                    async () => await engine.TryCommitAsync(batch, transaction));
                Assert.Equal("LE005", refused.SqlState);
            }
            else
            {
                Assert.True((await engine.TryCommitAsync(batch, transaction)).Applied);
                await transaction.CommitAsync();
            }
        }

        Assert.Equal("g", (await queue.TryReceiveAsync())!.GroupId);
    }
}
