namespace LogEngine.Unit.Inspection;

public sealed class StatTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Closed_log_is_described()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        await File.WriteAllTextAsync(_directory.File("notes.txt"), "mine");

        DirectoryStat stat = await LogDirectory.StatAsync(_directory.Path);

        Assert.Equal(InspectedTail.Sealed, stat.Tail);
        Assert.Equal((1, records.Count), (stat.FirstSequence, stat.LastSequence));
        Assert.Equal(records.Count, stat.Records);
        Assert.Equal(records.Count, stat.Segments.Sum(s => s.Records));
        Assert.False(stat.HasWriter);
        Assert.Equal(1ul, stat.OpenEpoch);
        Assert.Equal(["notes.txt"], stat.ForeignFiles);
        Assert.Empty(stat.Findings);
        Assert.InRange(
            stat.PayloadBytes, records.Count * InspectedLogs.Length, records.Count * 1016);
        Assert.InRange(stat.Fill, 0.1, 0.3);
        Assert.Equal(
            stat.FileBytes,
            new[] { "*.seg", "manifest-*" }.SelectMany(p => Directory.GetFiles(_directory.Path, p))
                .Sum(f => new FileInfo(f).Length));
    }

    [Fact]
    public async Task Live_log_has_a_writer_and_dead_one_has_none()
    {
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path))
        {
            SmallLogs.Append(log, 3, 10);
            DirectoryStat live = await LogDirectory.StatAsync(_directory.Path);
            Assert.Equal(OperatingSystem.IsMacOS() ? null : true, live.HasWriter);
            Assert.Equal(InspectedTail.Live, live.Tail);
            Assert.InRange(live.LastSequence, 2, 3);
        }

        Assert.False((await LogDirectory.StatAsync(_directory.Path)).HasWriter);
    }

    [Fact]
    public async Task Unclosed_and_torn_tails_are_told_apart()
    {
        (string killed, _) = await InspectedLogs.KilledAsync(_directory, 4);
        Assert.Equal(InspectedTail.Clean, (await LogDirectory.StatAsync(killed)).Tail);
        string path = InspectedLogs.Segment(killed, 0);
        Layout.Flip(path, Layout.Of(path).PayloadOf(4));

        DirectoryStat stat = await LogDirectory.StatAsync(killed);

        Assert.Equal(InspectedTail.Torn, stat.Tail);
        Assert.Equal(3, stat.LastSequence);
    }

    [Fact]
    public async Task Broken_chain_is_a_finding()
    {
        await InspectedLogs.CreateAsync(_directory);
        File.Delete(InspectedLogs.Segment(_directory.Path, 1));

        DirectoryStat stat = await LogDirectory.StatAsync(_directory.Path);

        Assert.Contains(stat.Findings, f => f.Severity == FindingSeverity.Corruption);
        Assert.NotEmpty(stat.Segments);
    }
}
