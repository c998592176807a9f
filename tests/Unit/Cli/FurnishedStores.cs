using LogEngine.Stores;
using LogEngine.Stores.Queues;
using LogEngine.Stores.Topics;

namespace LogEngine.Unit.Cli;

/// <summary>A log, an engine with one of everything, and its backup, for verbs of every kind.</summary>
public sealed class FurnishedStores : IAsyncLifetime
{
    private readonly ScratchDirectory _made = new();

    internal static string Blob { get; } = BlobId.Of("blob"u8).ToString();

    public async Task InitializeAsync()
    {
        await SmallLogs.CreateAsync(_made.Sibling("log"), 2, 10);
        string engine = _made.Sibling("engine");
        await RunAsync("", "kv", "put", engine, "k", "a", "1");
        await RunAsync("", "queue", "send", engine, "q", "message");
        await RunAsync("", "queue", "send", engine, "q", "dies");
        await RunAsync("{\"key\":\"d\",\"value\":1}", "doc", "import", engine, "s");
        await RunAsync("blob", "blob", "import", engine, "s");
        await RunAsync(
            """{"sequence":1,"kind":0,"state":"started","taskId":"t"}""",
            "run", "import", engine, "s", "r");
        await RunAsync("content", "checkpoint", "import", engine, "s", "c");
        await RunAsync("", "topic", "append", engine, "t", "record");
        await using (EmbeddedEngine open = await StorageEngine.OpenAsync(engine))
        {
            await using Topic topic = Topic.Open(open, "t");
            await topic.GetGroupAsync("g");
            await using DurableQueue queue = await open.OpenQueueAsync("q");
            QueueDelivery? last = null;
            QueueDelivery? first = await queue.TryReceiveAsync();
            last = await queue.TryReceiveAsync();
            await last!.DeadLetterAsync("reason");
            await first!.NegativeAcknowledgeAsync();
        }

        await RunAsync("", "backup", engine, _made.Sibling("backup"));
    }

    public Task DisposeAsync()
    {
        _made.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>A copy for one test that may change it.</summary>
    internal void CopyTo(ScratchDirectory scratch)
    {
        foreach (string name in (string[])["log", "engine", "backup"])
        {
            ScratchDirectory.CopyFiles(_made.Sibling(name), scratch.Sibling(name));
        }
    }

    private static async Task RunAsync(string input, params string[] args)
    {
        ToolResult result = await Tool.RunAsync(Tool.Input(input), args);
        Assert.True(result.Code == 0, $"{string.Join(' ', args)}: {result.Error}");
    }
}
