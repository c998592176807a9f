using System.Text;
using System.Text.Json;
using LogEngine.Cli;
using LogEngine.Unit.Inspection;

namespace LogEngine.Unit.Cli;

public sealed class CatCommandTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Range_of_sequences_is_printed()
    {
        await AppendAsync("a\nb\nc\nd\n");

        Assert.Equal("b\nc\n", (await CatAsync("--from", "2", "--to", "3")).Output);
        Assert.Equal("d\n", (await CatAsync("--from", "4")).Output);
        Assert.Equal("", (await CatAsync("--from", "5")).Output);
        Assert.Equal("a\n", (await CatAsync("--to", "1")).Output);
    }

    [Fact]
    public async Task Sequence_outside_the_log_is_a_usage_error()
    {
        await AppendAsync("a\n");

        (await CatAsync("--from", "9")).AssertFailed(1, "1 to 1");
        (await CatAsync("--from", "0")).AssertFailed(1, "--from 0");
    }

    [Fact]
    public async Task Truncated_sequence_fails()
    {
        await AppendAsync("a\nb\nc\n");
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path))
        {
            await log.TruncateBeforeAsync(3);
        }

        (await CatAsync("--from", "1")).AssertFailed(2, "truncated");
        Assert.Equal("c\n", (await CatAsync()).Output);
    }

    [Fact]
    public async Task Json_holds_text_or_base64()
    {
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path))
        {
            log.Append("a \"quoted\" \u00e9"u8);
            log.Append([0xFF, 0x00]);
        }

        string[] lines = (await CatAsync("--format", "json")).Output.TrimEnd().Split('\n');

        using JsonDocument text = JsonDocument.Parse(lines[0]);
        using JsonDocument bytes = JsonDocument.Parse(lines[1]);
        Assert.Equal("a \"quoted\" \u00e9", text.RootElement.GetProperty("text").GetString());
        Assert.Equal(1, text.RootElement.GetProperty("sequence").GetInt64());
        Assert.True(text.RootElement.GetProperty("time").TryGetDateTimeOffset(out _));
        Assert.Equal([0xFF, 0x00], bytes.RootElement.GetProperty("base64").GetBytesFromBase64());
    }

    [Fact]
    public async Task Hex_is_the_bytes_in_hex()
    {
        byte[] large = Payloads.Of(100_000, 3);
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path))
        {
            log.Append([0xAB, 0x01]);
            log.Append(large);
        }

        Assert.Equal(
            $"ab01\n{Convert.ToHexStringLower(large)}\n",
            (await CatAsync("--format", "hex")).Output);
    }

    [Fact]
    public async Task Following_shows_what_comes_and_ends_quietly()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path);
        log.Append("one"u8);
        using MemoryStream output = new();
        using CancellationTokenSource stop = new();
        Task<int> run = CommandLineTool.RunAsync(
            ["cat", _directory.Path, "--follow"],
            new ToolIO(Stream.Null, output, TextWriter.Null, ShowProgress: false),
            stop.Token);
        await Eventually.IsTrueAsync(() => Text(output) == "one\n", "the first record");
        log.Append("two"u8);
        await Eventually.IsTrueAsync(() => Text(output) == "one\ntwo\n", "the second record");
        await stop.CancelAsync();

        Assert.Equal(0, await run.Soon());
    }

    [Fact]
    public async Task Records_before_damage_are_printed_first()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout.Flip(path, Layout.Of(path).PayloadOf(3));

        ToolResult result = await CatAsync("--format", "hex");

        result.AssertFailed(3, "salvage");
        Assert.Equal(2, result.Output.Count(c => c == '\n'));
    }

    [Fact]
    public async Task Places_without_a_log_are_said_clearly()
    {
        (await CatAsync()).AssertFailed(6, "does not exist");
        Directory.CreateDirectory(_directory.Path);
        (await CatAsync()).AssertFailed(6, "no log");
        string file = _directory.Sibling("file");
        await File.WriteAllTextAsync(file, "x");
        (await Tool.RunAsync("cat", file)).AssertFailed(2, "is a file");
    }

    private static string Text(MemoryStream output) => Encoding.UTF8.GetString(output.ToArray());

    private Task<ToolResult> CatAsync(params string[] more) =>
        Tool.RunAsync(["cat", _directory.Path, .. more]);

    private async Task AppendAsync(string text)
    {
        using MemoryStream input = Tool.Input(text);
        Assert.Equal(0, (await Tool.RunAsync(input, ["append", _directory.Path])).Code);
    }
}
