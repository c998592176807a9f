namespace LogEngine.Unit.Inspection;

public sealed class DumpTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Header_groups_and_records_are_written_down()
    {
        await SmallLogs.CreateAsync(_directory.Path, 3, 4);

        List<string> lines = await DumpAsync("1");

        Assert.StartsWith("file    0000000000000001.seg", lines[0], StringComparison.Ordinal);
        Assert.Contains("segment 1, file 0000000000000001,", lines[1], StringComparison.Ordinal);
        Assert.Equal(3, lines.Count(l => l.StartsWith("record", StringComparison.Ordinal)));
        Assert.Contains(lines, l => l.Contains("flags Seal", StringComparison.Ordinal));
        string hex = Convert.ToHexStringLower(Payloads.Of(4, 1));
        Assert.Contains(
            lines, l => l.Contains("sequence 2, 4 bytes", StringComparison.Ordinal)
                && l.EndsWith(hex, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Damage_does_not_end_it()
    {
        await SmallLogs.CreateAsync(_directory.Path, 3, 40);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout layout = Layout.Of(path);
        Layout.Flip(path, layout.PayloadOf(1));
        Layout.Flip(path, layout.GroupOf(2).Offset + 9);
        Layout.Flip(path, 90);

        List<string> lines = await DumpAsync(Path.GetFileName(path));

        Assert.Equal("header  @0 damaged or none", lines[1]);
        Assert.Contains(lines, l => l.StartsWith("damage", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.StartsWith("none    @8192", StringComparison.Ordinal));
        Assert.Single(lines, l => l.StartsWith("record", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_that_are_none_and_files_that_are_missing_are_refused()
    {
        await SmallLogs.CreateAsync(_directory.Path, 1, 4);

        await Assert.ThrowsAsync<ArgumentException>(() => DumpAsync("../LOCK"));
        await Assert.ThrowsAsync<StorageNotFoundException>(() => DumpAsync("77"));
    }

    private async Task<List<string>> DumpAsync(string segment)
    {
        List<string> lines = [];
        await foreach (string line in LogDirectory.DumpAsync(_directory.Path, segment))
        {
            lines.Add(line);
        }

        return lines;
    }
}
