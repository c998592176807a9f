using System.Buffers.Binary;
using System.Collections.Concurrent;
using Npgsql;

namespace LogEngine.PostgreSqlTests;

/// <summary>Keys that hold their version come in the order of commits, whoever commits.</summary>
public sealed class OrderTests(OneServer fixture) : IClassFixture<OneServer>
{
    // A reader that remembers the last key must find all others behind it.
    [SkippableFact]
    public async Task A_reader_that_goes_on_behind_the_last_key_misses_none()
    {
        const int Writers = 8;
        const int Batches = 40;
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(options);
        ConcurrentDictionary<long, string> written = new();
        using CancellationTokenSource end = new();
        Task<List<KeyValueEntry>> reading = Task.Run(() => TailAsync(one.GetKeyspace("feed"), end.Token));
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
        {
            PostgreSqlEngine engine = writer % 2 == 0 ? one : two;
            Keyspace feed = engine.GetKeyspace("feed");
            for (int i = 0; i < Batches; i++)
            {
                WriteBatch batch = engine.CreateBatch();
                PendingValue<long> first = batch.PutSequenced(feed, [], Text.Bytes($"{writer}/{i}"));
                batch.Put(engine.GetKeyspace("other"), $"{writer}", $"{i}");
                PendingValue<long> second = batch.PutSequenced(
                    feed, [], Text.Bytes($"{writer}/{i} too"), Text.Bytes("/x"));
                await engine.CommitAsync(batch);
                written[first.Value] = $"{writer}/{i}";
                written[second.Value] = $"{writer}/{i} too";
            }
        })));
        await end.CancelAsync();
        List<KeyValueEntry> told = await reading;
        Assert.Equal(Writers * Batches * 2, told.Count);
        Assert.Equal(
            written.OrderBy(one => one.Key).Select(one => $"{one.Key}={one.Value}"),
            told.Select(e => $"{VersionIn(e)}={e.ValueText}"));
        Assert.All(told, entry => Assert.Equal(entry.Info.Version, VersionIn(entry)));
        Assert.Equal(
            $"{Batches - 1}", await two.GetKeyspace("other").GetTextAsync("0"));
    }

    [SkippableFact]
    public async Task Who_comes_later_waits_for_a_transaction_that_commits_late()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine one = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine two = await PostgreSqlEngine.OpenAsync(options);
        await using PostgreSqlEngine three = await PostgreSqlEngine.OpenAsync(options);
        await one.GetKeyspace("feed").PutAsync("there", "1");
        await using NpgsqlConnection connection = new(fixture.Server.ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlTransaction slow = await connection.BeginTransactionAsync();
        WriteBatch batch = one.CreateBatch();
        PendingValue<long> early = batch.PutSequenced(one.GetKeyspace("feed"), [], Text.Bytes("slow"));
        Assert.True((await one.TryCommitAsync(batch, slow)).Applied);
        WriteBatch behind = two.CreateBatch();
        PendingValue<long> late = behind.PutSequenced(two.GetKeyspace("feed"), [], Text.Bytes("fast"));
        Task<SequenceRange> waiting = two.CommitAsync(behind).AsTask();

        // What is no such key, and what is in another keyspace, does not wait.
        await three.GetKeyspace("feed").PutAsync("plain", "1");
        WriteBatch other = three.CreateBatch();
        other.PutSequenced(three.GetKeyspace("other"), [], Text.Bytes("1"));
        await three.CommitAsync(other);
        await Task.WhenAny(waiting, Task.Delay(500));
        Assert.False(waiting.IsCompleted, "it passed a transaction that has not committed");
        await slow.CommitAsync();
        await waiting;
        Assert.True(early.Value < late.Value);
    }

    [SkippableFact]
    public async Task A_value_in_such_a_key_is_checked_as_any_other()
    {
        PostgreSqlEngineOptions options = fixture.Options();
        await using PostgreSqlEngine engine = await PostgreSqlEngine.OpenAsync(options);
        Keyspace feed = engine.GetKeyspace("feed");
        for (int i = 0; i < 2; i++)
        {
            WriteBatch batch = engine.CreateBatch();
            batch.PutSequenced(feed, Text.Bytes("a/"), Text.Bytes($"{i}"));
            await engine.CommitAsync(batch);
        }

        // The one in the place of the other.
        await fixture.Server.ExecuteAsync(
            $"update {options.Schema}.kv t set value = o.value, sum = o.sum from {options.Schema}.kv o "
            + "where o.ks = t.ks and o.key > t.key");
        await Assert.ThrowsAsync<CorruptionException>(
            async () => await feed.Scan().ReadAllAsync().ToListAsync());
    }

    private static long VersionIn(KeyValueEntry entry) =>
        BinaryPrimitives.ReadInt64BigEndian(entry.Key.Span);

    private static async Task<List<KeyValueEntry>> TailAsync(Keyspace feed, CancellationToken end)
    {
        List<KeyValueEntry> told = [];
        while (true)
        {
            bool isLast = end.IsCancellationRequested;
            ReadOnlyMemory<byte> from = told.Count == 0
                ? default
                : (byte[])[.. told[^1].Key.Span, 0];
            told.AddRange(await feed.Scan(new ScanRange(from, default)).ReadAllAsync(CancellationToken.None)
                .ToListAsync(CancellationToken.None));
            if (isLast)
            {
                return told;
            }
        }
    }
}
