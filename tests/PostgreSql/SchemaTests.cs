using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>A database of an older program goes on as it is, brought up to date by the first program that may.</summary>
public sealed class SchemaTests(OneServer fixture) : IClassFixture<OneServer>
{
    // Golden/version-1.sql is what pg_dump gave of a database that version 0.2.0 had filled.
    [SkippableFact]
    public async Task A_database_of_the_first_version_is_brought_up_to_date_with_all_it_holds()
    {
        PostgreSqlEngineOptions options = await OlderAsync("version_1");
        await Assert.ThrowsAsync<StorageUnavailableException>(
            async () => await PostgreSqlEngine.OpenAsync(options with { InstallSchema = false }));
        PostgreSqlEngine[] all = await Task.WhenAll(
            Enumerable.Range(0, 4).Select(_ => PostgreSqlEngine.OpenAsync(options).AsTask()));
        PostgreSqlEngine engine = all[0];
        Keyspace keys = engine.GetKeyspace("keys");
        Assert.Equal(
            ["a=1", "b=2", "expires=3"],
            (await keys.Scan().ReadAllAsync().ToListAsync()).Select(e => $"{e.KeyText}={e.ValueText}"));
        Assert.Equal(2999, (await keys.GetInfoAsync(Text.Bytes("expires")))!.Value.ExpiresAt!.Value.Year);
        Assert.Equal(["keys"], await engine.ListKeyspacesAsync());
        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        Assert.Equal(1, await queue.DeadLetters.CountAsync());
        Assert.Equal(
            EnqueueOutcome.Duplicate,
            (await queue.EnqueueAsync(new QueueMessage(Text.Bytes("x")) { DeduplicationId = "once" })).Outcome);
        List<string> bodies = [];
        while (await queue.TryReceiveAsync() is { } delivery)
        {
            bodies.Add(Text.Of(delivery.Body));
            await delivery.AcknowledgeAsync();
        }

        Assert.Equal(["first", "plain", "second"], bodies.Order());
        WriteBatch batch = all[1].CreateBatch();
        batch.PutSequenced(all[1].GetKeyspace("feed"), [], Text.Bytes("new"));
        await all[1].CommitAsync(batch);
        foreach (PostgreSqlEngine one in all)
        {
            await one.DisposeAsync();
        }
    }

    // It would not keep the order of commits that the newer ones rely on.
    [SkippableFact]
    public async Task An_older_program_that_goes_on_running_writes_nothing_more()
    {
        PostgreSqlEngineOptions options = await OlderAsync("version_1_running");
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        await using NpgsqlConnection older = new(options.ConnectionString);
        await older.OpenAsync();
        await using NpgsqlCommand enter = new("select logengine.enter('{1}'::integer[], '{}'::integer[])", older);
        Assert.Equal(
            "42883", (await Assert.ThrowsAsync<PostgresException>(() => enter.ExecuteNonQueryAsync())).SqlState);
    }

    private async Task<PostgreSqlEngineOptions> OlderAsync(string database)
    {
        await fixture.Server.ExecuteAsync($"create database {database}");
        PostgreSqlEngineOptions options = fixture.Options();
        options = options with
        {
            Schema = PostgreSqlEngineOptions.DefaultSchema,
            ConnectionString = options.ConnectionString.Replace(
                "Database=postgres", $"Database={database}", StringComparison.Ordinal),
        };
        await using NpgsqlConnection connection = new(options.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand load = new(
            await File.ReadAllTextAsync(
                Repository.RequireFile("tests", "PostgreSql", "Golden", "version-1.sql")),
            connection);
        await load.ExecuteNonQueryAsync();
        return options;
    }
}
