using System.Collections.Concurrent;
using System.Data;
using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>A watch tells every change of any engine, in the order of commits, or says that it cannot.</summary>
public sealed class WatchTests(OneServer fixture) : IClassFixture<OneServer>
{
    // A reader that remembers the highest number it has seen goes past a transaction that commits late.
    [SkippableFact]
    public async Task A_transaction_that_commits_late_is_told_in_its_place()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine three = await PostgreSqlEngine.OpenAsync(options);
        await using Watcher watcher = await Watcher.StartAsync(three.GetKeyspace("keys"));
        await one.GetKeyspace("keys").PutAsync("first", "1");
        await using NpgsqlConnection connection = await OpenAsync(options);
        await using NpgsqlTransaction slow = await connection.BeginTransactionAsync();
        await PutAsync(one, slow, "slow");
        Task fast = two.GetKeyspace("keys").PutAsync("fast", "1").AsTask();

        // It must be told behind the slow one, however long that takes.
        await Task.WhenAny(fast, Task.Delay(500));
        await Task.Delay(300);
        await slow.CommitAsync();
        await fast;
        await two.GetKeyspace("keys").PutAsync("last", "1");
        await watcher.UntilAsync(change => change.KeyText == "last");
        Assert.Equal(["first", "slow", "fast", "last"], watcher.Told.Select(change => change.KeyText));
        Assert.Equal([1, 2, 3, 4], watcher.Told.Select(change => change.Position.Commit));
    }

    [SkippableFact]
    public async Task What_is_made_of_its_changes_is_what_is_there()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        PostgreSqlEngine[] engines =
            [await PostgreSqlEngine.OpenAsync(options), await PostgreSqlEngine.OpenAsync(options)];
        await using Watcher watcher = await Watcher.StartAsync(engines[0].GetKeyspace("keys"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(task => Task.Run(async () =>
        {
            Random random = new(task);
            PostgreSqlEngine engine = engines[task % 2];
            Keyspace keys = engine.GetKeyspace("keys");
            for (int i = 0; i < 60; i++)
            {
                string key = $"{random.Next(12)}";
                switch (random.Next(6))
                {
                    case 0:
                        await keys.DeleteAsync(key);
                        break;
                    case 1:
                        await keys.IncrementAsync(Text.Bytes($"count {key}"));
                        break;
                    case 2:
                        WriteBatch batch = engine.CreateBatch();
                        batch.Put(keys, key, $"{task}/{i}");
                        batch.Delete(keys, Text.Bytes($"{random.Next(12)}"));
                        batch.Put(keys, $"{random.Next(12)}", $"{task}/{i} too");
                        batch.PutSequenced(keys, "seq/"u8, Text.Bytes($"{task}/{i}"));
                        await engine.CommitAsync(batch);
                        break;
                    case 3 when i % 10 == 0:
                        await keys.DeleteRangeAsync(Text.Bytes("1"), Text.Bytes("2"));
                        break;
                    default:
                        await keys.PutAsync(key, $"{task}/{i}", Durability.ProcessCrash);
                        break;
                }
            }
        })));
        await engines[1].GetKeyspace("keys").PutAsync("end", "1");
        await watcher.UntilAsync(change => change.Key.Span.SequenceEqual("end"u8));
        SortedDictionary<string, string> mirror = new(StringComparer.Ordinal);
        foreach (KeyChange change in watcher.Told)
        {
            Apply(mirror, change);
        }

        List<KeyValueEntry> there = await engines[0].GetKeyspace("keys").Scan().ReadAllAsync().ToListAsync();
        Assert.Equal(
            there.Select(e => $"{Convert.ToHexString(e.Key.Span)}={e.Info.Version}"),
            mirror.Select(kept => $"{kept.Key}={kept.Value}"));
        Assert.Equal(
            watcher.Told.Select(change => change.Position.Commit).Order(),
            watcher.Told.Select(change => change.Position.Commit));
        foreach (PostgreSqlEngine engine in engines)
        {
            await engine.DisposeAsync();
        }
    }

    [SkippableFact]
    public async Task Nothing_is_recorded_where_nobody_watches_and_nothing_is_missed_from_then_on()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = one.GetKeyspace("keys");
        await keys.PutAsync("before", "1");
        await using (ReadView view = await one.OpenReadViewAsync())
        {
            // It shows a moment at which nothing was recorded: one cannot go on from there.
            WatchPosition position = await view.In(keys).GetPositionAsync();
            await Assert.ThrowsAsync<ChangesLostException>(
                () => NextAsync(keys, new WatchOptions { From = position }));
            await fixture.Server.ExecuteAsync($"update {options.Schema}.keyspaces set watched_until = null");
        }

        await using NpgsqlConnection connection = await OpenAsync(options);
        await using NpgsqlTransaction slow = await connection.BeginTransactionAsync();
        await PutAsync(one, slow, "slow");
        await two.GetKeyspace("other").PutAsync("x", "1");
        Assert.Equal(0L, await CountAsync(options));

        // Somebody is in it, who does not record: the watch begins once he has gone, and sees what he did.
        Task<KeyChange> watching = NextAsync(
            two.GetKeyspace("keys"), new WatchOptions { StartsWithState = true, Prefix = Text.Bytes("slow") });
        await Task.WhenAny(watching, Task.Delay(1500));
        Assert.False(watching.IsCompleted);
        await slow.CommitAsync();
        Assert.Equal("slow", (await watching).KeyText);
        Assert.Equal(0L, await CountAsync(options));
        await keys.PutAsync("after", "1");
        Assert.Equal(1L, await CountAsync(options));
    }

    // It would see a moment at which nothing was recorded yet.
    [SkippableFact]
    public async Task A_transaction_of_an_older_moment_does_not_write_past_a_watch()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        await keys.PutAsync("there", "1");
        await using NpgsqlConnection connection = await OpenAsync(options);
        await using NpgsqlTransaction old = await connection.BeginTransactionAsync(
            IsolationLevel.RepeatableRead);
        await using NpgsqlCommand look = new("select 1", connection, old);
        await look.ExecuteScalarAsync();
        await keys.GetPositionAsync();
        PostgresException refused = await Assert.ThrowsAsync<PostgresException>(
            () => PutAsync(engine, old, "old"));
        Assert.Equal("40001", refused.SqlState);
    }

    [SkippableFact]
    public async Task Changes_that_are_gone_or_were_not_recorded_are_an_error_and_no_gap()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        await keys.PutAsync("a", "1");
        KeyChange first = await NextAsync(keys, new WatchOptions { From = start });
        await keys.PutAsync("b", "2");

        // Older than they are kept.
        await fixture.Server.ExecuteAsync(
            $"update {options.Schema}.changes set at = at - interval '2 hours' where number = 1;"
            + $"select {options.Schema}.sweep_changes(1000)");
        Assert.Equal(1L, await CountAsync(options));
        Assert.Equal(
            start,
            (await Assert.ThrowsAsync<ChangesLostException>(
                () => NextAsync(keys, new WatchOptions { From = start }))).Position);
        Assert.Equal("b", (await NextAsync(keys, new WatchOptions { From = first.Position })).KeyText);

        // Nobody has asked for long: an open watch, whose process was stopped, finds it so.
        await using IAsyncEnumerator<KeyChange> open = keys.WatchAsync(
            new WatchOptions { From = first.Position }).GetAsyncEnumerator();
        Assert.True(await open.MoveNextAsync());
        await fixture.Server.ExecuteAsync(
            $"update {options.Schema}.keyspaces set watched_until = now() - interval '1 second';"
            + $"select {options.Schema}.sweep_changes(1000)");
        await keys.PutAsync("c", "3");
        await Assert.ThrowsAsync<ChangesLostException>(async () => await open.MoveNextAsync());
        await fixture.Server.ExecuteAsync($"select {options.Schema}.sweep_changes(1000)");
        Assert.Equal(0L, await CountAsync(options));
        WatchPosition again = await keys.GetPositionAsync();
        await keys.PutAsync("d", "4");
        Assert.Equal("d", (await NextAsync(keys, new WatchOptions { From = again })).KeyText);
        await Assert.ThrowsAsync<ChangesLostException>(
            () => NextAsync(keys, new WatchOptions { From = first.Position }));
    }

    [SkippableFact]
    public async Task What_is_told_stays_and_a_watch_goes_on_over_a_restart_of_the_server()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        await using Watcher watcher = await Watcher.StartAsync(keys);
        await keys.PutAsync("a", "1", Durability.ProcessCrash);
        await watcher.UntilAsync(change => change.KeyText == "a");
        await fixture.Server.KillAsync();
        await fixture.Server.StartAsync();
        Assert.Equal("1", await keys.GetTextAsync("a"));
        await keys.PutAsync("b", "2");
        await watcher.UntilAsync(change => change.KeyText == "b");
        Assert.Equal(2, watcher.Told.Count);
    }

    [SkippableFact]
    public async Task What_has_expired_is_told_when_it_is_removed()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        await using Watcher watcher = await Watcher.StartAsync(keys);
        await keys.PutAsync("a", "1", expiresAt: DateTimeOffset.UtcNow.AddMilliseconds(1));
        await engine.GetKeyspace("unwatched").PutAsync(
            "b", "1", expiresAt: DateTimeOffset.UtcNow.AddMilliseconds(1));
        await Task.Delay(50);
        Assert.Equal(2, await fixture.Server.AskAsync<int>($"select {options.Schema}.sweep(1000)"));
        await watcher.UntilAsync(change => change.Kind == KeyChangeKind.Delete);
        Assert.Equal(["a", "a"], watcher.Told.Select(change => change.KeyText));
        Assert.Equal(2L, await CountAsync(options));
    }

    // A page ends in the middle of a commit.
    [SkippableFact]
    public async Task A_commit_of_many_changes_is_told_whole_and_large_values_with_it()
    {
        const int Many = 700;
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace keys = engine.GetKeyspace("keys");
        WatchPosition start = await keys.GetPositionAsync();
        byte[] large = new byte[100_000];
        Random.Shared.NextBytes(large);
        WriteBatch batch = engine.CreateBatch();
        for (int i = 0; i < Many; i++)
        {
            batch.Put(keys, Text.Bytes($"{i:d4}"), i is 0 or 1 ? large : Text.Bytes($"{i}"));
        }

        await engine.CommitAsync(batch);

        // Its value is nowhere any more: the change that follows says what it is now.
        await keys.PutAsync("0001", "small");
        await using Watcher watcher = await Watcher.StartAsync(keys, start);
        await watcher.UntilAsync(change => change.ValueText == "small", last: true);
        List<KeyChange> told = [.. watcher.Told];
        Assert.Equal(Many + 1, told.Count);
        Assert.Single(told.Take(Many).Select(change => change.Position).Distinct());
        Assert.Equal(Enumerable.Range(0, Many).Select(i => $"{i:d4}"), told.Take(Many).Select(c => c.KeyText));
        Assert.True(told[0].Value!.Value.Span.SequenceEqual(large));
        Assert.Null(told[1].Value);
    }

    private static void Apply(SortedDictionary<string, string> mirror, KeyChange change)
    {
        string key = Convert.ToHexString(change.Key.Span);
        switch (change.Kind)
        {
            case KeyChangeKind.Put:
                mirror[key] = $"{change.Version}";
                break;
            case KeyChangeKind.Delete:
                mirror.Remove(key);
                break;
            case KeyChangeKind.DeleteRange:
                string to = Convert.ToHexString(change.To.Span);
                foreach (string gone in mirror.Keys.Where(k =>
                    string.CompareOrdinal(k, key) >= 0 && string.CompareOrdinal(k, to) < 0).ToList())
                {
                    mirror.Remove(gone);
                }

                break;
            default:
                Assert.Fail($"{change.Kind} was not expected");
                break;
        }
    }

    private static async Task<KeyChange> NextAsync(Keyspace keyspace, WatchOptions options)
    {
        await foreach (KeyChange change in keyspace.WatchAsync(options))
        {
            return change;
        }

        throw new InvalidOperationException("A watch does not end.");
    }

    private static async Task PutAsync(PostgreSqlEngine engine, NpgsqlTransaction transaction, string key)
    {
        WriteBatch batch = engine.CreateBatch();
        batch.Put(engine.GetKeyspace("keys"), key, "1");
        Assert.True((await engine.TryCommitAsync(batch, transaction)).Applied);
    }

    private static async Task<NpgsqlConnection> OpenAsync(PostgreSqlEngineOptions options)
    {
        NpgsqlConnection connection = new(options.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    private Task<long> CountAsync(PostgreSqlEngineOptions options) =>
        fixture.Server.AskAsync<long>($"select count(*) from {options.Schema}.changes");

    /// <summary>Keeps what a watch tells.</summary>
    private sealed class Watcher : IAsyncDisposable
    {
        private readonly CancellationTokenSource _end = new();
        private readonly Task _watching;

        private Watcher(Keyspace keyspace, WatchPosition from) => _watching = Task.Run(async () =>
        {
            await foreach (KeyChange change in keyspace.WatchAsync(new WatchOptions { From = from }, _end.Token))
            {
                Told.Enqueue(change);
            }
        });

        internal ConcurrentQueue<KeyChange> Told { get; } = new();

        internal static async Task<Watcher> StartAsync(Keyspace keyspace, WatchPosition? from = null) =>
            new(keyspace, from ?? await keyspace.GetPositionAsync());

        internal Task UntilAsync(Func<KeyChange, bool> isIt, bool last = false) => Wait.UntilAsync(
            async () =>
            {
                if (_watching.IsCompleted)
                {
                    await _watching;
                }

                return last ? Told.LastOrDefault() is { } change && change.Value?.Length < 100 && isIt(change)
                    : Told.Any(isIt);
            },
            "it is told");

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            await _watching.ContinueWith(_ => { }, TaskScheduler.Default);
            _end.Dispose();
        }
    }
}
