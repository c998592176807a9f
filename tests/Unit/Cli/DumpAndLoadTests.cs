using System.Text.Json;
using LogEngine.Stores.Queues;
using LogEngine.Unit.Engine;
using LogEngine.Unit.Queue;

namespace LogEngine.Unit.Cli;

/// <summary>A whole engine as lines of text, and back.</summary>
public sealed class DumpAndLoadTests(FurnishedStores stores)
    : IClassFixture<FurnishedStores>, IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Source => _scratch.Sibling("engine");

    private string Target => _scratch.Sibling("target");

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task An_engine_of_everything_comes_back_the_same()
    {
        stores.CopyTo(_scratch);
        string dump = await DumpAsync(Source);

        ToolResult load = await LoadAsync(dump);

        Assert.True(load.Code == 0, load.Error);
        Assert.Equal(Comparable(dump), Comparable(await DumpAsync(Target)));
        Assert.Equal(
            (await Tool.RunAsync("ls", Source)).Output, (await Tool.RunAsync("ls", Target)).Output);
        Assert.Equal(
            "blob"u8.ToArray(),
            (await Tool.RunAsync("blob", "export", Target, "s", FurnishedStores.Blob)).Bytes);
        Assert.Equal(
            "content", (await Tool.RunAsync("checkpoint", "export", Target, "s", "c")).Output);
        Assert.Equal("record\n", (await Tool.RunAsync("topic", "read", Target, "t")).Output);
        Assert.Contains(
            "reason: dies",
            (await Tool.RunAsync("queue", "dead-letter", Target, "q")).Output,
            StringComparison.Ordinal);
        Assert.Equal("sound", (await Tool.RunAsync("verify", Target)).Output.Split(':')[0]);
    }

    [Fact]
    public async Task Bytes_names_and_expiry_come_back_to_the_byte()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        DateTimeOffset expiry = new(2100, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(Source))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("name\n\u001b[2J \"é\"");
            await keyspace.PutAsync(all, all, expiresAt: expiry);
            await keyspace.PutAsync("text\t\u0000\u0085\ud83d\ude00"u8.ToArray(), "\u2028\\\""u8.ToArray());
            await keyspace.PutAsync(new byte[] { 1 }, ReadOnlyMemory<byte>.Empty);
            await keyspace.PutAsync(new byte[] { 2 }, new byte[300_000]);
            await engine.GetKeyspace("empty").PutAsync(new byte[] { 1 }, all);
            await engine.GetKeyspace("empty").DeleteAsync(new byte[] { 1 });
        }

        string dump = await DumpAsync(Source);
        Assert.DoesNotContain('\u001b', dump);
        Assert.Equal(0, (await LoadAsync(dump)).Code);

        await using EmbeddedEngine loaded = await StorageEngine.OpenAsync(Target);
        Assert.Equal(["empty", "name\n\u001b[2J \"é\""], loaded.ListKeyspaces().Order(StringComparer.Ordinal));
        EmbeddedKeyspace there = loaded.GetKeyspace("name\n\u001b[2J \"é\"");
        using StoredValue value = (await there.GetAsync(all))!;
        Assert.Equal(all, value.Memory.ToArray());
        Assert.Equal(expiry, value.ExpiresAt);
        using StoredValue text = (await there.GetAsync("text\t\u0000\u0085\ud83d\ude00"u8.ToArray()))!;
        Assert.Equal("\u2028\\\""u8.ToArray(), text.Memory.ToArray());
        Assert.Null(text.ExpiresAt);
        using StoredValue large = (await there.GetAsync(new byte[] { 2 }))!;
        Assert.Equal(300_000, large.Memory.Length);
        Assert.Equal(4, there.Count);
    }

    [Fact]
    public async Task Messages_keep_ids_groups_headers_counts_and_times()
    {
        DateTimeOffset due = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(Source))
        {
            await using DurableQueue queue = await engine.OpenQueueAsync("q");
            await queue.EnqueueAsync(new QueueMessage(new byte[] { 0xFF, 0 })
            {
                GroupId = "g",
                Lane = 2,
                Headers = new Dictionary<string, string> { ["a"] = "b\n" },
                DeduplicationId = "once",
            });
            await (await queue.TryReceiveAsync())!.NegativeAcknowledgeAsync();
            await queue.EnqueueAsync(QueueFixture.Message("late") with { DueAt = due });
        }

        Assert.Equal(0, (await LoadAsync(await DumpAsync(Source))).Code);

        await using EmbeddedEngine loaded = await StorageEngine.OpenAsync(Target);
        await using DurableQueue there = await loaded.OpenQueueAsync("q");
        EnqueueResult again = await there.EnqueueAsync(
            QueueFixture.Message("x") with { DeduplicationId = "once" });
        Assert.Equal(EnqueueOutcome.Duplicate, again.Outcome);
        QueueDelivery delivery = (await there.TryReceiveAsync())!;
        Assert.Equal(("g", 2, 2), (delivery.GroupId, delivery.Lane, delivery.DeliveryCount));
        Assert.Equal("b\n", delivery.Headers["a"]);
        Assert.Equal(new byte[] { 0xFF, 0 }, delivery.Body.ToArray());
        Assert.Equal(1, (await there.GetStatisticsAsync()).Scheduled);
        EnqueueResult next = await there.EnqueueAsync(QueueFixture.Message("new"));
        Assert.True(next.Id > Math.Max(delivery.Id, again.Id));
    }

    [Fact]
    public async Task A_value_that_has_expired_is_left_out_and_counted()
    {
        ToolResult load = await LoadAsync(
            """
            {"logengineDump":1}
            {"keyspace":"k"}
            {"key":"old","version":1,"expiresAt":"2001-01-01T00:00:00Z","text":"1"}
            {"key":"new","version":2,"text":"2"}
            {"end":true,"keyspaces":1,"keys":2,"queues":0,"records":0}
            """);

        Assert.Equal("1 keys and 0 records of queues loaded, 1 keys have expired\n", load.Output);
        Assert.Equal("new\n", (await Tool.RunAsync("kv", "scan", Target, "k", "--keys")).Output);
    }

    [Fact]
    public async Task An_engine_that_is_not_empty_is_refused_unless_told()
    {
        stores.CopyTo(_scratch);
        string dump = await DumpAsync(Source);
        await Tool.RunAsync("kv", "put", Target, "k", "z", "there");
        await Tool.RunAsync("kv", "put", Target, "k", "a", "other");

        (await LoadAsync(dump)).AssertFailed(1, "--merge");
        Assert.Equal("a\tother\nz\tthere\n", (await Tool.RunAsync("kv", "scan", Target, "k")).Output);

        Assert.Equal(0, (await LoadAsync(dump, "--merge")).Code);
        Assert.Equal("a\t1\nz\tthere\n", (await Tool.RunAsync("kv", "scan", Target, "k")).Output);
        (await LoadAsync(dump, "--merge")).AssertFailed(1, "queue 'q', which is there already");
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{\"key\":\"a\"}", "not the first of a dump")]
    [InlineData("text", "no JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{\"logengineDump\":2}", "format 2")]
    public async Task What_is_no_dump_makes_no_engine(string input, string word)
    {
        (await LoadAsync(input)).AssertFailed(1, word);
        Assert.False(Directory.Exists(Target));
    }

    [Theory]
    [InlineData("{\"keyspace\":\"k\"}\n{\"key\":\"a\",\"text\":\"1\"}", "ends before its end")]
    [InlineData(
        "{\"keyspace\":\"k\"}\n{\"end\":true,\"keyspaces\":1,\"keys\":1,\"queues\":0,\"records\":0}",
        "not whole")]
    [InlineData("{\"key\":\"a\",\"text\":\"1\"}", "belongs to no keyspace")]
    [InlineData("{\"keyspace\":\"k\"}\n{\"key\":\"a\"}", "no \"text\"")]
    [InlineData("{\"keyspace\":\"k\"}\n{\"keyBase64\":\"?\",\"text\":\"1\"}", "not base64")]
    [InlineData("{\"queue\":\"q\"}\n{\"record\":\"wish\",\"id\":1}", "\"record\" that there is not")]
    [InlineData("{\"queue\":\"q\"}\n{\"record\":\"message\",\"id\":\"1\"}", "\"id\" that is no whole number")]
    [InlineData(
        "{\"queue\":\"q\"}\n{\"record\":\"message\",\"id\":1,\"lane\":8,\"text\":\"\"}",
        "\"lane\" that is not from 0 to 7")]
    [InlineData("{\"keyspace\":\"k\"}\n{\"key\":\"a\",\"text\":\"1\",\"expiresAt\":\"soon\"}", "no time")]
    [InlineData(
        "{\"end\":true,\"keyspaces\":0,\"keys\":0,\"queues\":0,\"records\":0}\n{\"keyspace\":\"k\"}",
        "behind the end")]
    public async Task A_dump_that_is_not_whole_or_not_right_is_refused(string lines, string word) =>
        (await LoadAsync($"{{\"logengineDump\":1}}\n{lines}")).AssertFailed(1, word);

    [Fact]
    public async Task A_store_is_dumped_beside_its_writer_and_from_a_backup()
    {
        stores.CopyTo(_scratch);
        string expected = await DumpAsync(Source);
        Assert.Equal(Comparable(expected), Comparable(await DumpAsync(_scratch.Sibling("backup"))));

        await using EmbeddedEngine writer = await StorageEngine.OpenAsync(Source);
        await writer.GetKeyspace("k").PutTextAsync("b", "2", Durability.PowerLoss);
        await writer.SnapshotAsync().Soon();
        Assert.Contains("{\"key\":\"a\"", await DumpAsync(Source), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_is_not_overwritten()
    {
        stores.CopyTo(_scratch);
        string file = _scratch.Sibling("dump.jsonl");
        Assert.Equal(0, (await Tool.RunAsync("dump", Source, "--out", file)).Code);
        (await Tool.RunAsync("dump", Source, "--out", file)).AssertFailed(2, "exists");
        Assert.Equal(0, (await Tool.RunAsync("load", Target, file)).Code);
        (await Tool.RunAsync("load", Target, _scratch.Sibling("missing"))).AssertFailed(6, "missing");
    }

    [Fact]
    public async Task A_log_is_no_engine_to_dump()
    {
        stores.CopyTo(_scratch);
        (await Tool.RunAsync("dump", _scratch.Sibling("log"))).AssertFailed(2, "log");
    }

    private static async Task<string> DumpAsync(string directory)
    {
        ToolResult dump = await Tool.RunAsync("dump", directory);
        Assert.True(dump.Code == 0, dump.Error);
        return dump.Output;
    }

    private Task<ToolResult> LoadAsync(string dump, params string[] options) =>
        Tool.RunAsync(Tool.Input(dump), ["load", Target, .. options]);

    /// <summary>Lines without what is each engine's own: when and of what, versions, where ids stand.</summary>
    private static IEnumerable<string> Comparable(string dump) =>
        dump.TrimEnd('\n').Split('\n').Skip(1).Select(line =>
        {
            using JsonDocument document = JsonDocument.Parse(line);
            bool isIds = document.RootElement.TryGetProperty("record", out JsonElement record)
                && record.GetString() == "ids";
            return string.Join(
                ',',
                document.RootElement.EnumerateObject()
                    .Where(property => property.Name != "version" && !(isIds && property.Name == "id"))
                    .Select(property => $"{property.Name}={property.Value.GetRawText()}"));
        });
}
