using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>
/// What an engine itself has enqueued is received at once. The clock stands still: neither a pause ends, nor is it ever time
/// for a look at the whole queue.
/// </summary>
public sealed class ArrivalTests(OneServer fixture) : IClassFixture<OneServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // Enqueued by a batch, it was below the cursor, and found by the next look at the whole.
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_whose_commit_was_overtaken_by_a_later_one_is_received_at_once(bool byBatch)
    {
        PostgreSqlEngineOptions options = fixture.Options() with { TimeProvider = new ManualTime() };
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        await using DurableQueue queue = await engine.OpenQueueAsync("jobs");
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("first")));
        await (await queue.TryReceiveAsync())!.AcknowledgeAsync();

        // Somebody else's enqueue with the same deduplication id holds it up, when it has its id.
        await using NpgsqlConnection connection = new(fixture.Server.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand block = new(
            $"insert into {options.Schema}.duplicates select id, 'same', 0, 0 from {options.Schema}.queues",
            connection, transaction);
        Assert.Equal(1, await block.ExecuteNonQueryAsync());
        QueueMessage held = new(Text.Bytes("overtaken")) { DeduplicationId = "same" };
        WriteBatch batch = engine.CreateBatch();
        queue.Enqueue(batch, held);
        Task enqueuing = byBatch ? engine.CommitAsync(batch).AsTask() : queue.EnqueueAsync(held).AsTask();
        await Wait.UntilAsync(
            async () => await fixture.Server.AskAsync<long>(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock'") > 0,
            "it is held up");
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("overtakes")));
        Assert.Equal("overtakes", Text.Of((await queue.TryReceiveAsync())!.Body));
        Task<QueueDelivery?> waiting = queue.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        await Task.Delay(200);
        Assert.False(waiting.IsCompleted);

        await transaction.RollbackAsync();
        await enqueuing;
        Assert.Equal("overtaken", Text.Of((await waiting.WaitAsync(Patience))!.Body));
    }

    // It was woken by what the same object had enqueued, and by nothing else.
    [SkippableFact]
    public async Task Whoever_waits_by_another_object_of_the_queue_is_woken_too()
    {
        PostgreSqlEngineOptions options = fixture.Options() with { TimeProvider = new ManualTime() };
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        await using DurableQueue sends = await engine.OpenQueueAsync("jobs");
        await using DurableQueue receives = await engine.OpenQueueAsync("jobs");
        Assert.Null(await receives.TryReceiveAsync());
        Task<QueueDelivery?> waiting = receives.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        await Task.Delay(200);
        await sends.EnqueueAsync(new QueueMessage(Text.Bytes("first")));
        Assert.Equal("first", Text.Of((await waiting.WaitAsync(Patience))!.Body));

        // Given back through the one, it is below the cursor of the other.
        await sends.EnqueueAsync(new QueueMessage(Text.Bytes("second")));
        QueueDelivery other = (await sends.TryReceiveAsync())!;
        await sends.EnqueueAsync(new QueueMessage(Text.Bytes("third")));
        Assert.Equal("third", Text.Of((await receives.TryReceiveAsync())!.Body));
        waiting = receives.ReceiveAsync(Timeout.InfiniteTimeSpan).AsTask();
        await Task.Delay(200);
        await other.NegativeAcknowledgeAsync();
        Assert.Equal("second", Text.Of((await waiting.WaitAsync(Patience))!.Body));
    }
}
