using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Unit.Engine;

/// <summary>Every kind of store is opened, listed and dropped the same way.</summary>
public sealed class OneWayTests
{
    private static readonly string[] All =
        ["documents", "runs", "checkpoints", "blobs", "queues", "topics"];

    public static TheoryData<string> Kinds => [.. All];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_opened_and_written_is_listed_until_it_is_dropped(string kind)
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await engine.GetKeyspace("documents").PutAsync("not", "a store");
        foreach (string name in (string[])["b/c", "a"])
        {
            await WriteAsync(engine, kind, name);
        }

        Assert.Equal(["a", "b/c"], await ListAsync(engine, kind));
        foreach (string other in All.Where(other => other != kind))
        {
            Assert.Empty(await ListAsync(engine, other));
        }

        Assert.True(await DropAsync(engine, kind, "b/c"));
        Assert.False(await DropAsync(engine, kind, "b/c"));
        Assert.Equal(["a"], await ListAsync(engine, kind));
        Assert.True(await DropAsync(engine, kind, "a"));
        Assert.Equal(["documents"], engine.ListKeyspaces());
    }

    [Fact]
    public async Task What_is_open_is_not_dropped()
    {
        await using EmbeddedEngine engine = StorageEngine.OpenInMemory();
        await using (Topic topic = await engine.OpenTopicAsync("t"))
        {
            await topic.AppendAsync("one"u8.ToArray());
            await Assert.ThrowsAsync<InvalidOperationException>(
                async () => await engine.DropTopicAsync("t"));
        }

        Assert.True(await engine.DropTopicAsync("t"));
        await using Topic again = await engine.OpenTopicAsync("t");
        Assert.Equal(1, again.NextOffset);
    }

    private static async Task WriteAsync(StorageEngine engine, string kind, string name)
    {
        switch (kind)
        {
            case "documents":
                await (await engine.OpenDocumentsAsync(name)).SaveAsync(
                    "k", "v", StringJson.Default.String);
                break;
            case "runs":
                await (await engine.OpenRunsAsync(name)).AppendNextAsync(
                    "run", new RunRow(0, "title", "type"));
                break;
            case "checkpoints":
                await (await engine.OpenCheckpointsAsync(name)).SaveAsync("work", new byte[9]);
                break;
            case "blobs":
                await (await engine.OpenBlobsAsync(name)).PutAsync(
                    new byte[9], new BlobDescription("a/b"));
                break;
            case "queues":
                await using (DurableQueue queue = await engine.OpenQueueAsync(name))
                {
                    await queue.EnqueueAsync(new QueueMessage(new byte[9]));
                }

                break;
            default:
                await using (Topic topic = await engine.OpenTopicAsync(name))
                {
                    await topic.AppendAsync(new byte[9]);
                    await (await topic.GetGroupAsync("group")).CommitAsync(1);
                }

                break;
        }
    }

    private static async Task<IReadOnlyList<string>> ListAsync(StorageEngine engine, string kind) =>
        kind switch
        {
            "documents" => await engine.ListDocumentsAsync(),
            "runs" => await engine.ListRunsAsync(),
            "checkpoints" => await engine.ListCheckpointsAsync(),
            "blobs" => await engine.ListBlobsAsync(),
            "queues" => await engine.ListQueuesAsync(),
            _ => await engine.ListTopicsAsync(),
        };

    private static async Task<bool> DropAsync(StorageEngine engine, string kind, string name) =>
        kind switch
        {
            "documents" => await engine.DropDocumentsAsync(name),
            "runs" => await engine.DropRunsAsync(name),
            "checkpoints" => await engine.DropCheckpointsAsync(name),
            "blobs" => await engine.DropBlobsAsync(name),
            "queues" => await engine.DropQueueAsync(name),
            _ => await engine.DropTopicAsync(name),
        };
}
