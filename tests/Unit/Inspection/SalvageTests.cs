namespace LogEngine.Unit.Inspection;

public sealed class SalvageTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    private string Target => _directory.Sibling("salvaged");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Sound_log_is_copied_whole_and_the_source_is_left_as_it_is()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        Dictionary<string, byte[]> before = Files();

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        Assert.Empty(report.Gaps);
        Assert.Empty(report.Findings);
        Assert.Equal(
            [new SalvagedRange(new(1, records.Count), new(1, records.Count))], report.Ranges);
        await AssertCopiedAsync(records);
        Assert.Equal(before, Files());
    }

    [Fact]
    public async Task Missing_manifests_cost_nothing()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        File.Delete(_directory.File("manifest-a"));
        File.Delete(_directory.File("manifest-b"));

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        Assert.Empty(report.Gaps);
        await AssertCopiedAsync(records);
    }

    [Fact]
    public async Task Missing_segment_costs_its_records_and_is_named()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 1);
        List<long> lost = [.. Layout.Of(path).Records.Select(r => r.Sequence)];
        File.Delete(path);

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        SalvageGap gap = Assert.Single(report.Gaps);
        Assert.Equal((lost[0], lost[^1]), (gap.FirstSequence, gap.LastSequence));
        Assert.Equal(path, gap.Path);
        Assert.Equal(2, report.Ranges.Count);
        Assert.Equal(new SequenceRange(lost[^1] + 1, records.Count), report.Ranges[1].Source);
        Assert.Equal(lost[0], report.Ranges[1].Target.First);
        await AssertCopiedAsync(records, [.. lost]);
    }

    [Fact]
    public async Task Missing_newest_segment_is_listed_up_to_what_is_attested()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        string path = _directory.SegmentFiles().Last(f => Layout.Of(f).Records.Count > 0);
        List<long> lost = [.. Layout.Of(path).Records.Select(r => r.Sequence)];
        File.Delete(path);

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        SalvageGap gap = Assert.Single(report.Gaps);
        Assert.Equal((lost[0], lost[^1]), (gap.FirstSequence, gap.LastSequence));
        await AssertCopiedAsync(records, [.. lost]);
    }

    [Fact]
    public async Task Groups_that_an_opening_has_cut_off_stay_cut_off()
    {
        (string killed, List<byte[]> records) = await InspectedLogs.KilledAsync(_directory, 6);
        string path = InspectedLogs.Segment(killed, 0);
        byte[] before = await File.ReadAllBytesAsync(path);
        Layout.Flip(path, Layout.Of(path).PayloadOf(6));
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(killed))
        {
            Assert.Equal(6, log.Append(records[0]));
        }

        // As if the cut had been lost, and the torn group were whole after all.
        await File.WriteAllBytesAsync(path, before);

        SalvageReport report = await LogDirectory.SalvageAsync(killed, Target);

        records[5] = records[0];
        Assert.Empty(report.Gaps);
        await AssertCopiedAsync(records);
    }

    [Fact]
    public async Task Truncated_records_stay_truncated()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(_directory.Path))
        {
            await log.TruncateBeforeAsync(10);
        }

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        Assert.Empty(report.Gaps);
        Assert.Equal(new SequenceRange(10, records.Count), Assert.Single(report.Ranges).Source);
        LogContents.AssertSame(records[9..], await LogContents.ReadAsync(Target));
    }

    [Fact]
    public async Task Target_must_be_empty_and_outside()
    {
        await InspectedLogs.CreateAsync(_directory);
        Directory.CreateDirectory(Target);
        await File.WriteAllTextAsync(Path.Combine(Target, "x"), "x");

        await Assert.ThrowsAsync<ArgumentException>(
            () => LogDirectory.SalvageAsync(_directory.Path, Target));
        await Assert.ThrowsAsync<ArgumentException>(
            () => LogDirectory.SalvageAsync(_directory.Path, _directory.File("inside")));
        await Assert.ThrowsAsync<ArgumentException>(
            () => LogDirectory.SalvageAsync(_directory.Path, _directory.Path));
    }

    private async Task AssertCopiedAsync(List<byte[]> records, params long[] lost)
    {
        List<byte[]> expected = [.. records.Where((_, i) => !lost.Contains(i + 1L))];
        LogContents.AssertSame(expected, await LogContents.ReadAsync(Target));
    }

    private Dictionary<string, byte[]> Files() =>
        Directory.GetFiles(_directory.Path).ToDictionary(f => f, File.ReadAllBytes);
}
