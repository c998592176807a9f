using LogEngine.Stores.Queues;

namespace LogEngine.Unit.Cli;

public sealed class QueueCommandTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Messages_are_sent_looked_at_and_received()
    {
        Assert.Equal("1\n", (await RunAsync("send", "hello")).Output);
        ToolResult lines = await Tool.RunAsync(
            Tool.Input("a\nb\n"), ["queue", "send", _directory.Path, "work", "--lane", "0"]);
        Assert.Equal(2, lines.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("ready       3", (await RunAsync("stats")).Output, StringComparison.Ordinal);
        Assert.Contains(
            "lane 0", (await RunAsync("peek", "--count", "1")).Output, StringComparison.Ordinal);
        Assert.Equal("a\nb\n", (await RunAsync("receive", "--count", "2")).Output);
        Assert.Equal("hello\n", (await RunAsync("receive", "--count", "9", "--keep")).Output);
        Assert.Equal("hello\n", (await RunAsync("receive", "--count", "9")).Output);
        Assert.Equal("", (await RunAsync("receive")).Output);
    }

    [Fact]
    public async Task A_duplicate_is_said_to_be_one()
    {
        Assert.Equal("1\n", (await RunAsync("send", "x", "--dedupe", "d")).Output);
        Assert.Equal("1 duplicate\n", (await RunAsync("send", "x", "--dedupe", "d")).Output);
    }

    [Fact]
    public async Task Dead_letters_are_listed_replayed_and_discarded()
    {
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(_directory.Path))
        {
            await using DurableQueue queue = await engine.OpenQueueAsync("work");
            for (int i = 0; i < 2; i++)
            {
                await queue.EnqueueAsync(new QueueMessage("body"u8.ToArray()));
                QueueDelivery? delivery = await queue.TryReceiveAsync();
                await delivery!.DeadLetterAsync("no good");
            }
        }

        Assert.Contains(
            "no good: body", (await RunAsync("dead-letter")).Output, StringComparison.Ordinal);
        Assert.Equal("", (await RunAsync("dead-letter", "--discard", "1")).Output);
        (await RunAsync("dead-letter", "--discard", "1")).AssertFailed(6, "no dead letter 1");
        (await RunAsync("replay", "1")).AssertFailed(6, "no dead letter 1");
        Assert.Equal("1 replayed\n", (await RunAsync("replay")).Output);
        Assert.Equal("1 removed\n", (await RunAsync("purge")).Output);
    }

    [Fact]
    public async Task Messages_of_a_group_are_shown_so_and_one_is_deleted_by_its_id()
    {
        foreach (string body in (string[])["one", "two", "three"])
        {
            await RunAsync("send", body, "--group", "g");
        }

        Assert.Contains(
            "delivered 0  group g  one", (await RunAsync("peek")).Output, StringComparison.Ordinal);
        Assert.Contains("held back   2", (await RunAsync("stats")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("delete", "1")).Code);
        (await RunAsync("delete", "1")).AssertFailed(6, "no message 1");
        (await RunAsync("delete")).AssertFailed(1, "delete");
        Assert.Contains(
            "\"group\":\"g\"",
            (await RunAsync("receive", "--format", "json", "--keep")).Output,
            StringComparison.Ordinal);
        string dead;
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(_directory.Path))
        {
            await using DurableQueue queue = await engine.OpenQueueAsync("work");
            QueueDelivery? delivery = await queue.TryReceiveAsync();
            await delivery!.DeadLetterAsync("no good");
            dead = $"{delivery.Id}";
        }

        Assert.Contains(
            "group g  no good: two",
            (await RunAsync("dead-letter")).Output,
            StringComparison.Ordinal);
        Assert.Equal(0, (await RunAsync("delete", dead)).Code);
        Assert.Equal("", (await RunAsync("dead-letter")).Output);
        Assert.Equal("three\n", (await RunAsync("receive", "--count", "9")).Output);
    }

    [Fact]
    public async Task Looking_works_beside_a_process_that_has_it_open()
    {
        await using EmbeddedEngine engine = await StorageEngine.OpenAsync(_directory.Path);
        await using DurableQueue queue = await engine.OpenQueueAsync("work");
        await queue.EnqueueAsync(new QueueMessage("body"u8.ToArray()));
        await engine.FlushAsync();

        // Beside a writer only what a durable mark attests is shown; an idle log writes one soon.
        ToolResult stats = await RunAsync("stats");
        for (int tries = 0; stats.Code != 0 && tries < 100; tries++)
        {
            await Task.Delay(50);
            stats = await RunAsync("stats");
        }

        Assert.Contains("ready       1", stats.Output, StringComparison.Ordinal);
        (await RunAsync("receive")).AssertFailed(4, "open for writing");
    }

    [Fact]
    public async Task A_queue_that_is_not_there_is_an_error()
    {
        await RunAsync("send", "x");
        (await Tool.RunAsync("queue", "stats", _directory.Path, "other"))
            .AssertFailed(6, "no queue 'other'");
        (await Tool.RunAsync("queue", "send", _directory.Path, "work", "x", "--lane", "9"))
            .AssertFailed(1, "lane");
    }

    private Task<ToolResult> RunAsync(string verb, params string[] rest) =>
        Tool.RunAsync(["queue", verb, _directory.Path, "work", .. rest]);
}
