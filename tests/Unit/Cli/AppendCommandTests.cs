using System.Text;

namespace LogEngine.Unit.Cli;

public sealed class AppendCommandTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", 0)]
    [InlineData("\n", 1)]
    [InlineData("a", 1)]
    [InlineData("a\n", 1)]
    [InlineData("a\nb", 2)]
    [InlineData("a\r\n\n\0b\n", 3)]
    public async Task Each_line_is_a_record(string text, int records)
    {
        using MemoryStream input = Tool.Input(text);
        ToolResult result = await Tool.RunAsync(input, ["append", _directory.Path]);

        Assert.Equal(0, result.Code);
        Assert.Contains($"appended {records} records", result.Error, StringComparison.Ordinal);
        ToolResult cat = await Tool.RunAsync("cat", _directory.Path);
        Assert.Equal(
            text.Length == 0 || text.EndsWith('\n') ? text : text + "\n", cat.Output);
    }

    [Fact]
    public async Task Bytes_of_a_file_come_back_whatever_they_are()
    {
        byte[] bytes = [.. Payloads.Of(300_000, 7), (byte)'\n'];
        string file = _directory.Sibling("input");
        await File.WriteAllBytesAsync(file, bytes);

        ToolResult append = await Tool.RunAsync(
            "append", _directory.Path, file, "--in-flight", "3", "--segment-size", "64K",
            "--io", "buffered", "--durability", "process-crash");
        ToolResult cat = await Tool.RunAsync("cat", _directory.Path);

        Assert.Equal(0, append.Code);
        Assert.Contains("buffered I/O", append.Error, StringComparison.Ordinal);
        Assert.True(bytes.AsSpan().SequenceEqual(cat.Bytes));
    }

    [Fact]
    public async Task Line_longer_than_any_buffer_is_one_record()
    {
        byte[] line = new byte[5_000_000];
        Array.Fill(line, (byte)'x');
        using MemoryStream input = new(line);

        ToolResult result = await Tool.RunAsync(
            input, ["append", _directory.Path, "--durability", "none"]);

        Assert.Equal(0, result.Code);
        Assert.Equal(line, Assert.Single(await LogContents.ReadAsync(_directory.Path)));
    }

    [Fact]
    public async Task Line_beyond_the_limit_fails_and_the_lines_before_it_stay()
    {
        using MemoryStream input = new();
        input.Write("first\n"u8);
        input.Write(new byte[LogBatch.MaxPayloadBytes + 200_000]);
        input.Position = 0;

        ToolResult result = await Tool.RunAsync(input, ["append", _directory.Path]);

        result.AssertFailed(2, "exceeds the limit");
        byte[] record = Assert.Single(await LogContents.ReadAsync(_directory.Path));
        Assert.Equal("first", Encoding.UTF8.GetString(record));
    }

    [Fact]
    public async Task Acknowledged_sequences_are_printed_in_order()
    {
        using MemoryStream input = Tool.Input(string.Concat(Enumerable.Repeat("x\n", 500)));
        ToolResult result = await Tool.RunAsync(
            input, ["append", _directory.Path, "--print-acks"]);

        Assert.Equal(
            string.Concat(Enumerable.Range(1, 500).Select(i => $"{i}\n")), result.Output);
    }

    [Fact]
    public async Task Acknowledgement_is_shown_while_the_input_is_silent()
    {
        SlowStream input = new();
        input.Send("one\n");
        using MemoryStream output = new();
        using CancellationTokenSource stop = new();
        Task<int> run = LogEngine.Cli.CommandLineTool.RunAsync(
            ["append", _directory.Path, "--print-acks"],
            new LogEngine.Cli.ToolIO(input, output, TextWriter.Null, ShowProgress: false),
            stop.Token);

        await Eventually.IsTrueAsync(
            () => Encoding.UTF8.GetString(output.ToArray()) == "1\n", "the acknowledgement");
        await stop.CancelAsync();

        Assert.Equal(130, await run.Soon());
        Assert.Single(await LogContents.ReadAsync(_directory.Path));
    }

    [Theory]
    [InlineData("--in-flight", "0", "in-flight")]
    [InlineData("--segment-size", "12Q", "size")]
    [InlineData("--segment-size", "12", "SegmentSizeBytes")]
    [InlineData("--durability", "maybe", "maybe")]
    [InlineData("--io", "mmap", "mmap")]
    public async Task Wrong_options_are_usage_errors(string option, string value, string word)
    {
        ToolResult result = await Tool.RunAsync("append", _directory.Path, option, value);

        result.AssertFailed(1, word);
        Assert.False(Directory.Exists(_directory.Path));
    }

    [Fact]
    public async Task Missing_input_makes_no_log()
    {
        ToolResult result = await Tool.RunAsync(
            "append", _directory.Path, _directory.Sibling("nothing"));

        result.AssertFailed(6, "nothing");
        Assert.False(Directory.Exists(_directory.Path));
    }

    [Fact]
    public async Task Directory_with_a_writer_is_locked()
    {
        await using WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path);

        (await Tool.RunAsync("append", _directory.Path)).AssertFailed(4, "another process");
    }
}
