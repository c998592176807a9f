using LogEngine.Cli;

namespace LogEngine.Unit.Cli;

/// <summary>Messages and records by hand: headers, exact bytes, the last ones, those since a time.</summary>
public sealed class MessageVerbTests : IDisposable
{
    private static readonly byte[] _bytes = [0, (byte)'\n', 0xFF, (byte)'\n'];

    private readonly ScratchDirectory _scratch = new();

    private string Dir => _scratch.Path;

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_message_goes_in_and_out_to_the_byte()
    {
        await Tool.RunAsync(new MemoryStream(_bytes), ["queue", "send", Dir, "q", "--whole"]);
        await Tool.RunAsync(new MemoryStream(_bytes), ["topic", "append", Dir, "t", "--whole"]);

        Assert.Equal(
            _bytes, (await Tool.RunAsync("queue", "receive", Dir, "q", "--format", "exact")).Bytes);
        Assert.Equal(
            _bytes, (await Tool.RunAsync("topic", "read", Dir, "t", "--format", "exact")).Bytes);
        Assert.Contains(
            "\"base64\":\"AAr/Cg==\"",
            (await Tool.RunAsync("topic", "read", Dir, "t", "--json")).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_are_given_and_shown()
    {
        Assert.Equal(
            "1\n2\n",
            (await Tool.RunAsync(
                Tool.Input("a\nb\n"),
                ["topic", "publish", Dir, "t", "--header", "kind=x", "--header", "empty="])).Output);

        string[] lines =
            (await Tool.RunAsync("topic", "read", Dir, "t", "--json")).Output.TrimEnd('\n').Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.All(lines, line => Assert.Contains(
            "\"headers\":{\"kind\":\"x\",\"empty\":\"\"", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("queue send DIR q x --header kind", "NAME=VALUE")]
    [InlineData("queue send DIR q x --header =v", "NAME=VALUE")]
    [InlineData("topic append DIR t x --header a=1 --header a=2", "twice")]
    [InlineData("queue send DIR q x --whole", "--whole goes without MESSAGE")]
    [InlineData("topic append DIR t x --whole", "--whole goes without RECORD")]
    public async Task What_contradicts_itself_makes_nothing(string line, string word)
    {
        (await Tool.RunAsync([.. line.Split(' ').Select(part => part == "DIR" ? Dir : part)]))
            .AssertFailed(1, word);
        Assert.False(Directory.Exists(Dir));
    }

    [Fact]
    public async Task A_topic_is_read_from_its_end_and_since_a_time()
    {
        await Tool.RunAsync(Tool.Input("a\nb\nc\n"), ["topic", "append", Dir, "t"]);

        Assert.Equal("b\nc\n", await ReadAsync("--last", "2"));
        Assert.Equal("a\nb\nc\n", await ReadAsync("--last", "9"));
        Assert.Equal("", await ReadAsync("--last", "0"));
        Assert.Equal("a\nb\nc\n", await ReadAsync("--since", "1d"));
        Assert.Equal("", await ReadAsync("--since", "2100-01-01"));
        (await Tool.RunAsync("topic", "read", Dir, "t", "--last", "1", "--from", "1"))
            .AssertFailed(1, "--from goes without --last");

        async Task<string> ReadAsync(params string[] options)
        {
            ToolResult read = await Tool.RunAsync(["topic", "read", Dir, "t", .. options]);
            Assert.True(read.Code == 0, read.Error);
            return read.Output;
        }
    }

    [Fact]
    public async Task Records_since_a_time_are_found_between_older_and_newer_ones()
    {
        ManualTime time = new();
        List<DateTimeOffset> at = [];
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(
            Dir, new StorageEngineOptions { TimeProvider = time }))
        {
            await using LogEngine.Stores.Topics.Topic topic =
                LogEngine.Stores.Topics.Topic.Open(engine, "t");
            for (int i = 0; i < 20; i++)
            {
                at.Add(time.GetUtcNow());
                await topic.AppendAsync(new[] { (byte)('a' + i) });
                time.Advance(TimeSpan.FromMinutes(1));
            }
        }

        for (int i = 0; i < at.Count; i++)
        {
            ToolResult read = await Tool.RunAsync(
                "topic", "read", Dir, "t", "--count", "1", "--since", at[i].ToString("O"));
            Assert.Equal($"{(char)('a' + i)}\n", read.Output);
        }
    }

    [Fact]
    public async Task A_log_is_printed_from_its_end_and_since_a_time()
    {
        await Tool.RunAsync(Tool.Input("a\nb\nc\n"), ["append", Dir]);

        Assert.Equal("c\n", (await Tool.RunAsync("cat", Dir, "--last", "1")).Output);
        Assert.Equal("a\nb\nc\n", (await Tool.RunAsync("cat", Dir, "--last", "10")).Output);
        Assert.Equal("", (await Tool.RunAsync("cat", Dir, "--last", "0")).Output);
        Assert.Equal("a\nb\nc\n", (await Tool.RunAsync("cat", Dir, "--since", "1h")).Output);
        Assert.Equal("", (await Tool.RunAsync("cat", Dir, "--since", "2100-01-01")).Output);
        Assert.Equal("abc", (await Tool.RunAsync("cat", Dir, "--format", "exact")).Output);
        (await Tool.RunAsync("cat", Dir, "--since", "soon")).AssertFailed(1, "--since");
        (await Tool.RunAsync("cat", Dir, "--last", "1", "--since", "1h"))
            .AssertFailed(1, "--last goes without --since");
    }

    [Fact]
    public async Task Groups_of_a_topic_are_listed_with_their_lag()
    {
        await Tool.RunAsync(Tool.Input("a\nb\nc\n"), ["topic", "append", Dir, "t"]);
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(Dir))
        {
            await using LogEngine.Stores.Topics.Topic topic =
                LogEngine.Stores.Topics.Topic.Open(engine, "t");
            await topic.GetGroupAsync("all");
            await topic.GetGroupAsync("none\n", atEnd: true);
        }

        Assert.Equal(
            "           1            3  all\n           4            0  none\\n\n",
            (await Tool.RunAsync("topic", "lag", Dir, "t")).Output);
        Assert.Contains(
            "{\"group\":\"all\",\"cursor\":1,\"lag\":3}",
            (await Tool.RunAsync("topic", "groups", Dir, "t", "--json")).Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1.5h", 5400)]
    [InlineData("7d", 604_800)]
    public void A_time_is_said_by_how_long_ago_it_was(string text, int seconds)
    {
        DateTimeOffset now = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(now.AddSeconds(-seconds), TimeOption.Parse(text, now));
    }

    [Theory]
    [InlineData("2026-11-30T18:00:00Z")]
    [InlineData("2026-11-30T18:00:00")]
    [InlineData("2026-11-30 18:00")]
    [InlineData("2026-11-30T20:00:00+02:00")]
    public void A_time_is_said_by_date_and_time(string text) => Assert.Equal(
        new DateTimeOffset(2026, 11, 30, 18, 0, 0, TimeSpan.Zero),
        TimeOption.Parse(text, DateTimeOffset.UnixEpoch));

    [Theory]
    [InlineData("")]
    [InlineData("m")]
    [InlineData("-1m")]
    [InlineData("1e300d")]
    [InlineData("NaNs")]
    public void What_is_no_time_is_none(string text) =>
        Assert.Null(TimeOption.Parse(text, DateTimeOffset.UnixEpoch));

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData(1L << 30, "1 GiB")]
    [InlineData(long.MaxValue, "8192 PiB")]
    public void Sizes_are_said_in_units_for_people(long bytes, string text) =>
        Assert.Equal(text, Text.Size(bytes));
}
