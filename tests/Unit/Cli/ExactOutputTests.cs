using LogEngine.Cli;

namespace LogEngine.Unit.Cli;

/// <summary>What is printed can be told apart, and taken back.</summary>
public sealed class ExactOutputTests : IDisposable
{
    private readonly ScratchDirectory _scratch = new();

    private string Dir => _scratch.Path;

    public void Dispose() => _scratch.Dispose();

    /// <summary>Case F9: a value came with a byte that is not its own.</summary>
    [Fact]
    public async Task A_value_is_printed_to_the_byte_where_no_terminal_is()
    {
        byte[] value = [0, 1, 0xFF, (byte)'\n', 7];
        await Tool.RunAsync(new MemoryStream(value), ["kv", "put", Dir, "k", "a"]);

        Assert.Equal(value, (await Tool.RunAsync("kv", "get", Dir, "k", "a")).Bytes);
    }

    [Fact]
    public async Task A_value_on_a_terminal_ends_its_line()
    {
        await Tool.RunAsync("kv", "put", Dir, "k", "a", "text");
        using MemoryStream output = new();
        await CommandLineTool.RunAsync(
            ["kv", "get", Dir, "k", "a"],
            new ToolIO(Stream.Null, output, TextWriter.Null, false, OutputIsTerminal: true),
            CancellationToken.None);

        Assert.Equal("text\n"u8, output.ToArray());
    }

    /// <summary>Case F9: tabs and newlines in keys made one line out of two entries, or two of one.</summary>
    [Fact]
    public async Task A_scan_parts_keys_and_values_whatever_is_in_them()
    {
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(Dir))
        {
            EmbeddedKeyspace keyspace = engine.GetKeyspace("k");
            await keyspace.PutAsync("a\tb\n"u8.ToArray(), "\\t\r"u8.ToArray());
            await keyspace.PutAsync("b é 漢"u8.ToArray(), new byte[] { 0, 0x7F, 0xC2, 0x85, 0xFF });
        }

        Assert.Equal(
            "a\\tb\\n\t\\\\t\\r\nb é 漢\t\\x00\\x7f\\xc2\\x85\\xff\n",
            (await Tool.RunAsync("kv", "scan", Dir, "k")).Output);
        (await Tool.RunAsync("kv", "scan", Dir, "k", "--format", "raw")).AssertFailed(1, "raw");
    }

    [Fact]
    public async Task A_message_cannot_break_the_lines_of_a_list()
    {
        await Tool.RunAsync("queue", "send", Dir, "q", "one\ntwo\u001b[2J");

        string peeked = (await Tool.RunAsync("queue", "peek", Dir, "q")).Output;
        Assert.EndsWith("one\\ntwo\\x1b[2J\n", peeked, StringComparison.Ordinal);
        Assert.Single(peeked.TrimEnd().Split('\n'));
        Assert.Contains(
            "\"text\":\"one\\ntwo",
            (await Tool.RunAsync("queue", "receive", Dir, "q", "--format", "json", "--keep")).Output,
            StringComparison.Ordinal);
        Assert.Equal(
            "one\\ntwo\\x1b[2J\n",
            (await Tool.RunAsync("queue", "receive", Dir, "q", "--format", "text")).Output);
    }

    /// <summary>Case F6: `dump DIR 24` printed a file of another number than `stat` had shown.</summary>
    [Fact]
    public async Task A_segment_has_one_number_everywhere()
    {
        // Truncated and written on: files are recycled, and ids run ahead of file numbers.
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(Dir))
        {
            for (int i = 0; i < 40; i++)
            {
                long sequence = 0;
                for (int j = 0; j < 20; j++)
                {
                    sequence = await log.AppendAsync(new byte[8000]);
                }

                await log.TruncateBeforeAsync(sequence);
            }
        }

        DirectoryStat stat = await LogDirectory.StatAsync(Dir);
        SegmentStat last = stat.Segments[^1];
        Assert.NotEqual($"{last.SegmentId:x16}.seg", last.File);
        foreach (SegmentStat segment in stat.Segments)
        {
            string byId = (await Tool.RunAsync("dump", Dir, $"{segment.SegmentId}")).Output;
            Assert.StartsWith($"file    {segment.File} ", byId, StringComparison.Ordinal);
            Assert.Contains($"header  @0 segment {segment.SegmentId},", byId, StringComparison.Ordinal);
            Assert.Equal(byId, (await Tool.RunAsync("dump", Dir, segment.File)).Output);
        }

        (await Tool.RunAsync("dump", Dir, "999999")).AssertFailed(6, "segment id 999999");
    }

    /// <summary>Case F4: no verb said what is in an engine.</summary>
    [Fact]
    public async Task What_is_in_an_engine_is_listed()
    {
        FurnishedStores stores = new();
        await stores.InitializeAsync();
        stores.CopyTo(_scratch);
        await stores.DisposeAsync();
        string engine = _scratch.Sibling("engine");

        Assert.Equal(
            """
            blobs                   1  s
            checkpoints             1  s
            documents               1  s
            keyspace                1  k
            queue                   1  q
            runs                    1  s
            topic                   1  t

            """,
            (await Tool.RunAsync("ls", engine)).Output);
        Assert.Contains(
            "{\"kind\":\"queue\",\"name\":\"q\",\"entries\":1}\n",
            (await Tool.RunAsync("ls", engine, "--json")).Output,
            StringComparison.Ordinal);
        (await Tool.RunAsync("ls", _scratch.Sibling("log"))).AssertFailed(2, "log");
        Assert.Contains(
            "queue", (await Tool.RunAsync("ls", _scratch.Sibling("backup"))).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Topics_are_appended_to_read_and_their_groups_moved()
    {
        Assert.Equal(
            "1\n2\n3\n",
            (await Tool.RunAsync(Tool.Input("a\nb\nc\n"), ["topic", "append", Dir, "t"])).Output);
        await using (EmbeddedEngine engine = await StorageEngine.OpenAsync(Dir))
        {
            await using LogEngine.Stores.Topics.Topic topic =
                LogEngine.Stores.Topics.Topic.Open(engine, "t");
            await topic.GetGroupAsync("g");
        }

        Assert.Equal("b\n", (await TopicAsync("read", "--from", "2", "--count", "1")).Output);
        Assert.Equal("3\tc\n", (await TopicAsync("read", "--from", "3", "--format", "text")).Output);
        Assert.StartsWith(
            "{\"offset\":1,\"appendedAt\":",
            (await TopicAsync("read", "--format", "json")).Output,
            StringComparison.Ordinal);
        Assert.Equal(
            "first       1\nnext        4\ngroup       g, at 1, 3 behind\n",
            (await TopicAsync("stats")).Output);
        Assert.Equal("3\n", (await TopicAsync("reset", "g", "--to", "3")).Output);
        Assert.Contains("at 3, 1 behind", (await TopicAsync("stats")).Output, StringComparison.Ordinal);
        (await TopicAsync("reset", "h", "--to", "3")).AssertFailed(6, "no group 'h'");
        Assert.Equal("group 'g' removed\n", (await TopicAsync("drop-group", "g")).Output);
        Assert.Equal("a\nb\nc\n", (await TopicAsync("read")).Output);
        (await Tool.RunAsync("topic", "read", Dir, "u")).AssertFailed(6, "no topic 'u'");

        Task<ToolResult> TopicAsync(string verb, params string[] rest) =>
            Tool.RunAsync(["topic", verb, Dir, "t", .. rest]);
    }
}
