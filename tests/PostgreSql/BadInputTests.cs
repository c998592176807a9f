using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>What is not as it should be is refused with a typed error, and nothing is lost.</summary>
public sealed class BadInputTests(OneServer fixture) : IClassFixture<OneServer>
{
    [SkippableFact]
    public async Task No_server_no_login_and_no_database_are_told_apart()
    {
        PostgreSqlEngineOptions options = fixture.Options() with { RetryTime = TimeSpan.Zero };
        await RefusedAsync("cannot be reached", options with
        {
            ConnectionString = "Host=127.0.0.1;Port=1;Username=owner;Timeout=2",
        });
        await RefusedAsync("refused the login", options with
        {
            ConnectionString = options.ConnectionString.Replace("owner", "nobody", StringComparison.Ordinal),
        });
        await RefusedAsync("3D000", options with
        {
            ConnectionString = options.ConnectionString.Replace(
                "Database=postgres", "Database=none", StringComparison.Ordinal),
        });
        await RefusedAsync("no schema of LogEngine", options with { InstallSchema = false });
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            async () => await PostgreSqlEngine.OpenAsync(options with { Schema = "x; drop schema public" }));
        await Assert.ThrowsAsync<UnsupportedDurabilityException>(async () =>
            await PostgreSqlEngine.OpenAsync(options with { DefaultDurability = Durability.MachineLoss }));
    }

    [SkippableFact]
    public async Task A_newer_schema_is_refused_and_an_engine_opened_by_many_is_made_once()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        PostgreSqlEngine[] all = await Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => PostgreSqlEngine.OpenAsync(options).AsTask()));
        foreach (PostgreSqlEngine engine in all)
        {
            await engine.DisposeAsync();
        }

        await fixture.Server.ExecuteAsync($"update {options.Schema}.about set version = 99");
        await Assert.ThrowsAsync<IncompatibleFormatException>(
            async () => await PostgreSqlEngine.OpenAsync(options));
    }

    [SkippableFact]
    public async Task Names_and_keys_that_are_sql_are_names_and_keys_in_any_encoding()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await fixture.Server.ExecuteAsync(
            "create database latin encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0");
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options with
        {
            ConnectionString = options.ConnectionString.Replace(
                "Database=postgres", "Database=latin", StringComparison.Ordinal),
        });
        const string Name = "'; drop schema logengine cascade; -- \0 日本";
        Keyspace keys = engine.GetKeyspace(Name);
        await keys.PutAsync(Name, Name);
        Assert.Equal(Name, await keys.GetTextAsync(Name));
        Assert.Equal([Name], await engine.ListKeyspacesAsync());
        DurableQueue queue = await engine.OpenQueueAsync(Name);
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("x"))
        {
            Headers = new Dictionary<string, string> { [Name] = Name },
        });
        QueueDelivery delivery = (await queue.TryReceiveAsync())!;
        Assert.Equal(Name, delivery.Headers[Name]);
        await delivery.DeadLetterAsync(Name);
        await foreach (DeadLetter letter in queue.DeadLetters.ListAsync())
        {
            Assert.Equal(Name, letter.Reason);
        }

        await Assert.ThrowsAsync<ArgumentException>(
            async () => await keys.PutAsync(new byte[StorageEngine.MaxKeyBytes + 1], Text.Bytes("x")));
        await Assert.ThrowsAsync<RecordTooLargeException>(
            async () => await keys.PutAsync(Text.Bytes("x"), new byte[StorageEngine.MaxValueBytes + 1]));
        byte[] large = new byte[20 << 20];
        Random.Shared.NextBytes(large);
        await keys.PutAsync(new byte[StorageEngine.MaxKeyBytes], large);
        using StoredValue read = (await keys.GetAsync(new byte[StorageEngine.MaxKeyBytes]))!;
        Assert.True(read.Memory.Span.SequenceEqual(large));
    }

    [SkippableFact]
    public async Task A_role_with_the_rights_of_the_script_works_and_one_without_is_told()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await (await PostgreSqlEngine.OpenAsync(options)).DisposeAsync();
        await fixture.Server.ExecuteAsync("create role program login");
        PostgreSqlEngineOptions narrow = options with
        {
            ConnectionString = options.ConnectionString.Replace("owner", "program", StringComparison.Ordinal),
            InstallSchema = false,
            RetryTime = TimeSpan.Zero,
        };
        StorageUnavailableException refused = await Assert.ThrowsAsync<StorageUnavailableException>(
            async () => await PostgreSqlEngine.OpenAsync(narrow));
        Assert.IsType<PostgresException>(refused.InnerException);
        await fixture.Server.ExecuteAsync(PostgreSqlEngine.RightsScript(options.Schema, "program"));
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(narrow);
        WatchPosition start = await engine.GetKeyspace("keys").GetPositionAsync();
        await engine.GetKeyspace("keys").PutAsync("key", "value");
        await foreach (KeyChange change in engine.GetKeyspace("keys").WatchAsync(
            new WatchOptions { From = start }))
        {
            Assert.Equal("value", change.ValueText);
            break;
        }

        DurableQueue queue = await engine.OpenQueueAsync("jobs");
        await queue.EnqueueAsync(new QueueMessage(Text.Bytes("x")));
        await (await queue.TryReceiveAsync())!.AcknowledgeAsync();
        await engine.FlushAsync();
        await ((IQueueProvider)engine.GetService(typeof(IQueueProvider))!).ImportAsync(
            "others", [new QueueRecord { Kind = QueueRecordKind.Ids, Id = 1_000_000 }], Durability.None, default);
    }

    private static async Task RefusedAsync(string why, PostgreSqlEngineOptions options)
    {
        StorageUnavailableException error = await Assert.ThrowsAsync<StorageUnavailableException>(
            async () => await PostgreSqlEngine.OpenAsync(options));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }
}
