using System.Text;
using LogEngine.Stores;

namespace LogEngine.Unit.Cli;

/// <summary>`doc`, `blob`, `run` and `checkpoint`: what goes in comes out.</summary>
public sealed class StoreCommandTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    private string Dir => _directory.Path;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Documents_are_imported_listed_shown_and_exported()
    {
        const string Lines = """
            {"key":"a","value":{"x":1}}
            {"key":"b/é","value":"text"}

            """;
        await InAsync(Lines, "doc", "import", Dir, "orders");
        await OutAsync("orders\n", "doc", "list", Dir);
        await OutAsync("a\nb/é\n", "doc", "list", Dir, "orders");
        await OutAsync("b/é\n", "doc", "list", Dir, "orders", "--prefix", "b/");
        await OutAsync("{\"x\":1}\n", "doc", "show", Dir, "orders", "a");
        await OutAsync(Lines, "doc", "export", Dir, "orders");
        (await Tool.RunAsync("doc", "show", Dir, "orders", "none")).AssertFailed(6, "none");
        (await Tool.RunAsync(Tool.Input("{"), ["doc", "import", Dir, "orders"]))
            .AssertFailed(1, "line 1");
        (await Tool.RunAsync("doc", "list", _directory.Sibling("none")))
            .AssertFailed(6, "does not exist");
    }

    [Fact]
    public async Task Runs_are_imported_listed_shown_and_exported()
    {
        const string Lines = """
            {"sequence":3,"kind":0,"state":"started","taskId":"t"}
            {"sequence":7,"kind":2,"state":"","taskId":"t","data":"AQI="}

            """;
        await InAsync(Lines, "run", "import", Dir, "log", "r1");
        await OutAsync("log\n", "run", "list", Dir);
        await OutAsync("2\tr1\n", "run", "list", Dir, "log");
        await OutAsync("7\tCursor\tt\t\t2 bytes\n", "run", "show", Dir, "log", "r1", "--from", "4");
        await OutAsync(Lines, "run", "export", Dir, "log", "r1");
        (await Tool.RunAsync(Tool.Input(Lines), ["run", "import", Dir, "log", "r1"]))
            .AssertFailed(2, "already");
    }

    [Fact]
    public async Task Checkpoints_are_imported_listed_shown_and_exported()
    {
        foreach (string content in (string[])["one", "two", "three"])
        {
            await InAsync(content, "checkpoint", "import", Dir, "work", "w", "--keep", "2");
        }

        await OutAsync("work\n", "checkpoint", "list", Dir);
        await OutAsync("2\tw\n", "checkpoint", "list", Dir, "work");
        await OutAsync("2\n3\n", "checkpoint", "list", Dir, "work", "w");
        await OutAsync("3\tvalid\t5 bytes\n", "checkpoint", "show", Dir, "work", "w");
        await OutAsync("three", "checkpoint", "export", Dir, "work", "w");
        await OutAsync("two", "checkpoint", "export", Dir, "work", "w", "--sequence", "2");
        (await Tool.RunAsync("checkpoint", "export", Dir, "work", "w", "--sequence", "1"))
            .AssertFailed(6, "no checkpoint 1");
        (await Tool.RunAsync("checkpoint", "show", Dir, "work", "x")).AssertFailed(6, "no valid");
    }

    [Fact]
    public async Task Blobs_are_imported_listed_shown_and_exported()
    {
        byte[] content = new byte[300_000];
        new Random(1).NextBytes(content);
        string id = BlobId.Of(content).ToString();
        ToolResult put = await Tool.RunAsync(
            new MemoryStream(content),
            [
                "blob", "import", Dir, "files", "--media-type", "a/b", "--label", "l",
                "--owner", "me",
            ]);
        Assert.Equal((0, id + "\n"), (put.Code, put.Output));
        await OutAsync("files\n", "blob", "list", Dir);
        await OutAsync($"{id}\t300000\ta/b\tl\n", "blob", "list", Dir, "files");
        ToolResult show = await Tool.RunAsync("blob", "show", Dir, "files", id);
        Assert.Contains("\"references\":[\"me\"]", show.Output, StringComparison.Ordinal);
        Assert.Equal(content, (await Tool.RunAsync("blob", "export", Dir, "files", id)).Bytes);
        string file = _directory.Sibling("out");
        await OutAsync("", "blob", "export", Dir, "files", id, file);
        Assert.Equal(content, await File.ReadAllBytesAsync(file));
        (await Tool.RunAsync("blob", "export", Dir, "files", id, file)).AssertFailed(2, "exists");
        (await Tool.RunAsync("blob", "show", Dir, "files", "12")).AssertFailed(1, "no blob id");
        (await Tool.RunAsync("blob", "show", Dir, "files", BlobId.Of([]).ToString()))
            .AssertFailed(6, "no blob");
    }

    private static async Task InAsync(string input, params string[] args)
    {
        ToolResult result = await Tool.RunAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(input)), args);
        Assert.True(result.Code == 0, result.Error);
    }

    private static async Task OutAsync(string expected, params string[] args)
    {
        ToolResult result = await Tool.RunAsync(args);
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal(expected, result.Output);
    }
}
