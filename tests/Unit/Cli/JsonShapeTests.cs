using System.Text;
using System.Text.Json;

namespace LogEngine.Unit.Cli;

/// <summary><c>--json</c> has one shape: an object a line, whatever the verb.</summary>
public sealed class JsonShapeTests(FurnishedStores stores) : IClassFixture<FurnishedStores>, IDisposable
{
    /// <summary>They give bytes, a script, or lines that are JSON anyway.</summary>
    private static readonly string[] _without =
        ["blob export", "checkpoint export", "completion", "doc export", "dump", "run export"];

    private readonly ScratchDirectory _scratch = new();

    public static TheoryData<string> All => new(
        Verbs.Lines.Where(line => !_without.Any(verb => line.StartsWith(verb, StringComparison.Ordinal))));

    public static TheoryData<string> Without => new(
        Verbs.Lines.Where(line => _without.Any(verb => line.StartsWith(verb, StringComparison.Ordinal))));

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [MemberData(nameof(All))]
    public async Task Every_verb_that_tells_facts_prints_an_object_a_line(string line)
    {
        stores.CopyTo(_scratch);

        ToolResult result = await RunAsync(line);

        Assert.True(result.Code == 0, result.Error);
        Assert.EndsWith("\n", result.Output, StringComparison.Ordinal);
        Assert.All(result.Output.TrimEnd('\n').Split('\n'), printed =>
        {
            using JsonDocument document = JsonDocument.Parse(printed);
            Assert.Equal(JsonValueKind.Object, document.RootElement.ValueKind);
            Assert.NotEmpty(document.RootElement.EnumerateObject());
        });
    }

    [Theory]
    [MemberData(nameof(Without))]
    public async Task A_verb_that_gives_something_else_refuses_it(string line)
    {
        stores.CopyTo(_scratch);
        (await RunAsync(line)).AssertFailed(1, "--json");
    }

    [Fact]
    public async Task A_message_has_the_same_names_however_it_is_come_by()
    {
        string engine = _scratch.Sibling("engine");
        await Tool.RunAsync(
            "queue", "send", engine, "q", "body", "--group", "g", "--header", "kind=a=b");

        foreach (string verb in (string[])["peek", "receive"])
        {
            using JsonDocument message = JsonDocument.Parse(
                (await Tool.RunAsync("queue", verb, engine, "q", "--json")).Output);
            JsonElement root = message.RootElement;
            Assert.Equal("g", root.GetProperty("group").GetString());
            Assert.Equal("body", root.GetProperty("text").GetString());
            Assert.Equal("a=b", root.GetProperty("headers").GetProperty("kind").GetString());
        }
    }

    [Fact]
    public async Task It_goes_without_another_format()
    {
        string engine = _scratch.Sibling("engine");
        await Tool.RunAsync("kv", "put", engine, "k", "a", "1");

        (await Tool.RunAsync("kv", "get", engine, "k", "a", "--json", "--format", "hex"))
            .AssertFailed(1, "--json goes without another --format");
        Assert.Equal(
            (await Tool.RunAsync("kv", "get", engine, "k", "a", "--format", "json")).Output,
            (await Tool.RunAsync("kv", "get", engine, "k", "a", "--json")).Output);
    }

    private Task<ToolResult> RunAsync(string line) => Tool.RunAsync(
        new MemoryStream(Encoding.UTF8.GetBytes(Verbs.Input(line))),
        [.. Verbs.Arguments(line, _scratch), "--json"]);
}
