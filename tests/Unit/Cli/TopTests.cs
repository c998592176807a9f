using System.Text;
using System.Text.Json;
using LogEngine.Cli;
using LogEngine.Cli.Live;
using LogEngine.Unit.Engine;

namespace LogEngine.Unit.Cli;

/// <summary>A store seen from beside, once and again.</summary>
public sealed class TopTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Dir => _scratch.Path;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task It_prints_once_where_output_is_no_terminal()
    {
        await Tool.RunAsync("queue", "send", Dir, "mail", "x");
        await Tool.RunAsync("topic", "append", Dir, "events", "x");

        ToolResult top = await Tool.RunAsync("top", Dir);

        Assert.Equal(0, top.Code);
        string[] lines = top.Output.TrimEnd('\n').Split('\n');
        Assert.Contains("storage engine, no writer", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.StartsWith("queue ", StringComparison.Ordinal)
            && line.Contains("1 ready", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("topic ", StringComparison.Ordinal)
            && line.Contains("next 2", StringComparison.Ordinal));
        Assert.DoesNotContain('\e', top.Output);
    }

    [Fact]
    public async Task What_is_written_between_two_looks_is_a_rate()
    {
        await using EmbeddedEngine engine = await SmallEngine.OpenAsync(Dir);
        EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
        await keyspace.PutTextAsync("0", "0", Durability.PowerLoss);
        await engine.SnapshotAsync().Soon();
        TopSample before = await TopSample.TakeAsync(Dir, CancellationToken.None);
        for (int i = 1; i <= 50; i++)
        {
            await keyspace.PutTextAsync($"{i}", "1", Durability.PowerLoss);
        }

        await engine.SnapshotAsync().Soon();
        TopSample now = await TopSample.TakeAsync(Dir, CancellationToken.None);

        double seconds = now.Since(before).TotalSeconds;
        using JsonDocument json = JsonDocument.Parse(Json(now, before));
        JsonElement entry = json.RootElement.GetProperty("entries")[0];
        long grown = entry.GetProperty("entries").GetInt64() - before.Rows[0].Entries;
        Assert.True(grown > 0);
        Assert.Equal(grown / seconds, entry.GetProperty("perSecond").GetDouble(), 0.011);
        Assert.True(json.RootElement.GetProperty("sequencesPerSecond").GetDouble() > 0);
        Assert.Contains("/s)", TopScreen.Lines(now, before, 200).ElementAt(1), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hostile_name_cannot_break_the_table()
    {
        string hostile = "a\n\u001b[2Jb\u009b31m";
        await Tool.RunAsync("kv", "put", Dir, hostile, "a", "1");
        await Tool.RunAsync("queue", "send", Dir, hostile, "x");

        string[] printed =
        [
            (await Tool.RunAsync("top", Dir)).Output,
            (await Tool.RunAsync("top", Dir, "--json")).Output,
            (await Tool.RunAsync("ls", Dir)).Output,
            (await Tool.RunAsync("ls", Dir, "--json")).Output,
            (await Tool.RunAsync("kv", "scan", Dir, "no" + hostile)).Error,
        ];
        Assert.All(printed, text => Assert.DoesNotContain(
            text, c => char.IsControl(c) && c != '\n'));
        Assert.Equal(2, printed[2].TrimEnd('\n').Split('\n').Length);
    }

    [Fact]
    public async Task Lines_are_cut_to_the_terminal()
    {
        await Tool.RunAsync("kv", "put", Dir, new string('x', 300), "a", "1");
        TopSample sample = await TopSample.TakeAsync(Dir, CancellationToken.None);

        Assert.All(TopScreen.Lines(sample, null, 40), line => Assert.True(line.Length <= 40));
    }

    [Fact]
    public async Task A_log_is_shown_by_its_sequences()
    {
        await SmallLogs.CreateAsync(Dir, 2, 10);

        string[] lines = (await Tool.RunAsync("top", Dir)).Output.TrimEnd('\n').Split('\n');

        Assert.Equal(2, lines.Length);
        Assert.Contains("log, no writer", lines[0], StringComparison.Ordinal);
        (await Tool.RunAsync("top", _scratch.Sibling("missing"))).AssertFailed(6, "missing");
    }

    [Fact]
    public async Task On_a_terminal_it_stays_until_it_is_told_to_end_and_gives_the_screen_back()
    {
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "1");
        using CancellationTokenSource stop = new();
        using MemoryStream output = new();
        Task<int> running = CommandLineTool.RunAsync(
            ["top", Dir, "--interval", "0.1"],
            new ToolIO(Stream.Null, output, TextWriter.Null, false, OutputIsTerminal: true),
            stop.Token);
        await Eventually.IsTrueAsync(() => Shown() >= 2, "it has looked twice");
        await stop.CancelAsync();

        Assert.Equal(0, await running.Soon());
        string text = Encoding.UTF8.GetString(output.ToArray());
        Assert.StartsWith("\e[?1049h", text, StringComparison.Ordinal);
        Assert.EndsWith("\e[?1049l", text, StringComparison.Ordinal);

        int Shown() => Encoding.UTF8.GetString(output.ToArray()).Split("KIND").Length - 1;
    }

    [Fact]
    public async Task Samples_are_printed_one_below_the_other()
    {
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "1");

        ToolResult top = await Tool.RunAsync("top", Dir, "--samples", "2", "--interval", "0.1", "--json");

        string[] lines = top.Output.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.DoesNotContain("perSecond", lines[0], StringComparison.Ordinal);
        Assert.Contains("\"perSecond\":0", lines[1], StringComparison.Ordinal);
    }

    private static byte[] Json(TopSample now, TopSample? before)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter writer = new(bytes))
        {
            writer.WriteStartObject();
            TopScreen.Write(writer, now, before);
            writer.WriteEndObject();
        }

        return bytes.ToArray();
    }
}
