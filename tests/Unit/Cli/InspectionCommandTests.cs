using System.Text.Json;
using LogEngine.Unit.Inspection;

namespace LogEngine.Unit.Cli;

public sealed class InspectionCommandTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Stat_describes_a_log()
    {
        await InspectedLogs.CreateAsync(_directory);

        ToolResult result = await Tool.RunAsync("stat", _directory.Path);

        Assert.Equal(0, result.Code);
        Assert.Contains("sequences   1 to 60", result.Output, StringComparison.Ordinal);
        Assert.Contains("sealed", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stat_and_verify_print_json()
    {
        await InspectedLogs.CreateAsync(_directory);

        using JsonDocument stat = JsonDocument.Parse(
            (await Tool.RunAsync("stat", _directory.Path, "--json")).Output);
        using JsonDocument verify = JsonDocument.Parse(
            (await Tool.RunAsync("verify", _directory.Path, "--json")).Output);

        Assert.Equal("Sealed", stat.RootElement.GetProperty("tail").GetString());
        Assert.Equal(60, stat.RootElement.GetProperty("lastSequence").GetInt64());
        Assert.True(stat.RootElement.GetProperty("segments").GetArrayLength() >= 3);
        Assert.True(verify.RootElement.GetProperty("isSound").GetBoolean());
        Assert.Equal(60, verify.RootElement.GetProperty("records").GetInt64());
    }

    [Fact]
    public async Task Verify_of_a_sound_log_ends_with_0()
    {
        await InspectedLogs.CreateAsync(_directory);

        ToolResult result = await Tool.RunAsync("verify", _directory.Path);

        Assert.Equal(0, result.Code);
        Assert.StartsWith("sound: 60 records", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_of_a_damaged_log_lists_it_and_ends_with_3()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout.Flip(path, Layout.Of(path).PayloadOf(3));

        ToolResult result = await Tool.RunAsync("verify", _directory.Path);

        Assert.Equal(3, result.Code);
        Assert.Contains("record 3 is damaged", result.Output, StringComparison.Ordinal);
        Assert.Contains("DAMAGED", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dump_prints_lines()
    {
        await SmallLogs.CreateAsync(_directory.Path, 2, 10);

        ToolResult result = await Tool.RunAsync("dump", _directory.Path, "1");

        Assert.Equal(0, result.Code);
        Assert.Contains("\nrecord  @", result.Output, StringComparison.Ordinal);
        (await Tool.RunAsync("dump", _directory.Path, "99")).AssertFailed(6, "segment id 99");
        (await Tool.RunAsync("dump", _directory.Path, "?")).AssertFailed(1, "neither");
    }

    [Fact]
    public async Task Salvage_copies_lists_and_ends_with_3_where_records_are_lost()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout.Flip(path, Layout.Of(path).PayloadOf(3));
        string target = _directory.Sibling("new");

        ToolResult result = await Tool.RunAsync("salvage", _directory.Path, "--to", target);

        Assert.Equal(3, result.Code);
        Assert.Contains("copied      4 to 60 as 3 to 59", result.Output, StringComparison.Ordinal);
        Assert.Contains("lost        3 to 3", result.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await Tool.RunAsync("verify", target)).Code);
        (await Tool.RunAsync("salvage", _directory.Path, "--to", target))
            .AssertFailed(1, "not empty");
    }

    [Fact]
    public async Task Salvage_of_a_sound_log_ends_with_0()
    {
        await InspectedLogs.CreateAsync(_directory);

        ToolResult result = await Tool.RunAsync(
            "salvage", _directory.Path, "--to", _directory.Sibling("new"));

        Assert.Equal(0, result.Code);
    }

    [Theory]
    [InlineData("append")]
    [InlineData("cat")]
    [InlineData("stat")]
    [InlineData("verify")]
    public async Task Newer_format_ends_with_5(string command)
    {
        await InspectedLogs.CreateAsync(_directory);
        NewerFormat.WriteInto(InspectedLogs.Segment(_directory.Path, 0));

        (await Tool.RunAsync(command, _directory.Path)).AssertFailed(5, "newer version");
    }

    [Theory]
    [InlineData("append")]
    [InlineData("cat")]
    public async Task Log_that_opening_refuses_ends_with_3(string command)
    {
        await InspectedLogs.CreateAsync(_directory);
        File.Delete(InspectedLogs.Segment(_directory.Path, 1));

        (await Tool.RunAsync(command, _directory.Path)).AssertFailed(3, "salvage");
    }

    [Theory]
    [InlineData("stat")]
    [InlineData("verify")]
    public async Task Missing_directory_ends_with_2(string command) =>
        (await Tool.RunAsync(command, _directory.Path)).AssertFailed(6, "does not exist");

    [Theory]
    [InlineData("")]
    [InlineData("frobnicate")]
    [InlineData("cat")]
    [InlineData("salvage x")]
    [InlineData("verify a b")]
    public async Task Wrong_command_line_ends_with_1(string line) =>
        (await Tool.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            .AssertFailed(1, "--help");

    [Theory]
    [InlineData("--help")]
    [InlineData("append --help")]
    public async Task Help_ends_with_0(string line)
    {
        ToolResult result = await Tool.RunAsync(line.Split(' '));

        Assert.Equal(0, result.Code);
        Assert.Contains("Usage", result.Output, StringComparison.Ordinal);
    }
}
