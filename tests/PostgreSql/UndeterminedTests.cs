using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>Writes of which it stays open whether they happened say so, in one way.</summary>
public sealed class UndeterminedTests(OneServer fixture) : IClassFixture<OneServer>
{
    [SkippableFact]
    public async Task A_commit_of_which_nothing_can_be_found_out_names_its_keys_and_the_row_that_tells()
    {
        PostgreSqlEngineOptions options = fixture.Options() with
        {
            WriteConnections = 1,
            RetryTime = TimeSpan.Zero,
            ResponseTimeout = TimeSpan.FromSeconds(1),
        };
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        await keys.PutAsync("before", "1");
        await using NpgsqlConnection connection = new(options.ConnectionString);
        await connection.OpenAsync();
        string row;
        UndeterminedCommitException error;
        await using (NpgsqlTransaction holding = await HoldAsync(connection, options.Schema))
        {
            await using NpgsqlCommand ask = new(
                $"select id || '/' || number + 1 from {options.Schema}.clients", connection, holding);
            row = (string)(await ask.ExecuteScalarAsync())!;
            WriteBatch batch = engine.CreateBatch();
            batch.Put(keys, "a", "1");
            batch.Put(keys, "b", "2");
            error = await Assert.ThrowsAsync<UndeterminedCommitException>(
                async () => await engine.CommitAsync(batch));
        }

        Assert.Equal(row, error.CommitId);
        Assert.Equal(
            [new WrittenKey("keys", Text.Bytes("a")), new WrittenKey("keys", Text.Bytes("b"))],
            error.Keys.OrderBy(key => Text.Of(key.Key)));

        // What was told is true: all of it or nothing, and the engine goes on.
        await keys.PutAsync("after", "1");
        Assert.Equal(await keys.ContainsAsync("a"), await keys.ContainsAsync("b"));
    }

    [SkippableFact]
    public async Task A_cancelled_wait_for_a_write_says_that_it_may_be_written()
    {
        PostgreSqlEngineOptions options = fixture.Options() with { WriteConnections = 1 };
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("one")));
        QueueDelivery delivery = (await queue.TryReceiveAsync())!;
        Func<CancellationToken, Task>[] writes =
        [
            async token => await keys.PutAsync(
                Text.Bytes("a"), Text.Bytes("1"), cancellationToken: token),
            async token => await keys.CompareAndSetAsync(
                Text.Bytes("b"), Text.Bytes("1"), 0, cancellationToken: token),
            async token => await queue.EnqueueAsync(
                new QueueMessage(Text.Bytes("two")), cancellationToken: token),
            async token => await delivery.AcknowledgeAsync(cancellationToken: token),
            async token => await queue.PurgeAsync(cancellationToken: token),
            async token => await queue.DeadLetters.DiscardAllAsync(cancellationToken: token),
        ];
        await using NpgsqlConnection connection = new(options.ConnectionString);
        await connection.OpenAsync();

        // The first write asks for the number of its keyspace and for versions: that takes its time before it is sent.
        await keys.PutAsync("before", "1");
        await using (await HoldAsync(connection, options.Schema))
        {
            foreach (Func<CancellationToken, Task> write in writes)
            {
                using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(300));
                AppendCanceledException left = await Assert.ThrowsAsync<AppendCanceledException>(
                    () => write(cancel.Token));
                Assert.True(left.MayBeWritten);
                AppendCanceledException never = await Assert.ThrowsAsync<AppendCanceledException>(
                    () => write(cancel.Token));
                Assert.False(never.MayBeWritten);
            }
        }

        await keys.PutAsync("after", "1");
        Assert.Equal(4, await keys.CountAsync());
    }

    /// <summary>Holds what every commit of the engine ends with.</summary>
    private static async Task<NpgsqlTransaction> HoldAsync(NpgsqlConnection connection, string schema)
    {
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync();
        await using NpgsqlCommand hold = new($"select 1 from {schema}.clients for update", connection, transaction);
        await hold.ExecuteNonQueryAsync();
        return transaction;
    }
}
