using LogEngine.Format;

namespace LogEngine.Unit.Inspection;

public sealed class VerifyDamageTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("file header", 20)]
    [InlineData("segment header", 90)]
    [InlineData("header padding", 300)]
    public async Task Damage_in_front_of_the_groups_is_found(string what, long offset)
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 1);
        Layout.Flip(path, offset);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.False(report.IsSound, what);
        Assert.Contains(report.Findings, f => f.Path == path);
        Assert.Equal(InspectedLogs.Count, report.Records);
    }

    [Fact]
    public async Task Damaged_record_is_named_and_the_others_are_verified()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout layout = Layout.Of(path);
        Layout.Flip(path, layout.PayloadOf(3));

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        VerifyFinding finding = Assert.Single(report.Findings);
        Assert.Equal(
            new VerifyFinding(
                FindingSeverity.Corruption, path, layout.OffsetOf(3), "record 3 is damaged"),
            finding);
        Assert.Equal(InspectedLogs.Count - 1, report.Records);
    }

    [Fact]
    public async Task Damaged_group_header_is_found_and_the_next_group_goes_on()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        GroupHeader group = Layout.Of(path).GroupOf(4);
        Layout.Flip(path, group.Offset + 40);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.Contains(report.Findings, f => f.Path == path && f.Offset == group.Offset);
        Assert.Equal(InspectedLogs.Count - 1, report.Records);
    }

    [Fact]
    public async Task Dirty_padding_behind_a_group_is_found()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        GroupHeader group = Layout.Of(path).GroupOf(2);
        Layout.Flip(path, group.Offset + group.Length + 5);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        VerifyFinding finding = Assert.Single(report.Findings);
        Assert.Equal(group.Offset + group.Length + 5, finding.Offset);
        Assert.Equal(FindingSeverity.Corruption, finding.Severity);
    }

    [Fact]
    public async Task Damaged_footer_is_a_note()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout.Flip(path, Layout.Of(path).End + 50);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        VerifyFinding finding = Assert.Single(report.Findings);
        Assert.Equal(FindingSeverity.Note, finding.Severity);
        Assert.True(report.IsSound);
    }

    [Theory]
    [InlineData("manifest-a")]
    [InlineData("manifest-b")]
    public async Task Damaged_manifest_is_found(string name)
    {
        await InspectedLogs.CreateAsync(_directory);
        Layout.Flip(_directory.File(name), 200);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.Contains(
            report.Findings,
            f => f.Path == _directory.File(name) && f.Severity == FindingSeverity.Corruption);
        Assert.Equal(InspectedLogs.Count, report.Records);
    }

    [Fact]
    public async Task Missing_manifests_are_found_and_the_segments_verified()
    {
        await InspectedLogs.CreateAsync(_directory);
        File.Delete(_directory.File("manifest-a"));
        File.Delete(_directory.File("manifest-b"));

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.False(report.IsSound);
        Assert.Equal(InspectedLogs.Count, report.Records);
        Assert.Equal(InspectedTail.Damaged, report.Tail);
    }

    [Fact]
    public async Task Missing_segment_is_found_and_the_others_verified()
    {
        await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 1);
        int lost = Layout.Of(path).Records.Count;
        File.Delete(path);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.False(report.IsSound);
        Assert.Equal(InspectedLogs.Count - lost, report.Records);
    }

    [Fact]
    public async Task Two_damages_in_two_segments_are_both_found()
    {
        await InspectedLogs.CreateAsync(_directory);
        string first = InspectedLogs.Segment(_directory.Path, 0);
        string second = InspectedLogs.Segment(_directory.Path, 1);
        Layout.Flip(first, Layout.Of(first).PayloadOf(2));
        Layout.Flip(second, Layout.Of(second).Records[1].Offset);

        VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);

        Assert.Equal([first, second], report.Findings.Select(f => f.Path));
    }

    [Fact]
    public async Task Every_changed_byte_below_the_end_is_found()
    {
        await SmallLogs.CreateAsync(_directory.Path, 3, 100);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        long end = Layout.Of(path).End;
        for (long offset = 0; offset < end; offset += 61)
        {
            Layout.Flip(path, offset, mask: 0x01);
            VerifyReport report = await LogDirectory.VerifyAsync(_directory.Path);
            Assert.False(report.IsSound, $"offset {offset}");
            Layout.Flip(path, offset, mask: 0x01);
        }

        Assert.True((await LogDirectory.VerifyAsync(_directory.Path)).IsSound);
    }

    [Fact]
    public async Task Damage_below_a_mark_is_no_torn_tail()
    {
        (string killed, List<byte[]> records) = await InspectedLogs.KilledAsync(_directory, 5);
        string path = InspectedLogs.Segment(killed, 0);
        Layout.Flip(path, Layout.Of(path).PayloadOf(3));

        VerifyReport report = await LogDirectory.VerifyAsync(killed);

        Assert.False(report.IsSound);
        Assert.Equal(InspectedTail.Damaged, report.Tail);
        Assert.Equal(records.Count - 1, report.Records);
    }

    [Fact]
    public async Task Missing_directory_and_missing_log_are_told_apart_from_damage()
    {
        await Assert.ThrowsAsync<StorageNotFoundException>(
            () => LogDirectory.VerifyAsync(_directory.Path));
        Directory.CreateDirectory(_directory.Path);
        await Assert.ThrowsAsync<StorageNotFoundException>(
            () => LogDirectory.VerifyAsync(_directory.Path));
    }
}
