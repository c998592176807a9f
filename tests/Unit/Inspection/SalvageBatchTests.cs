using LogEngine.Format;

namespace LogEngine.Unit.Inspection;

public sealed class SalvageBatchTests : IDisposable
{
    private readonly ScratchDirectory _directory = new();

    private string Target => _directory.Sibling("salvaged");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(500)]
    public async Task Damaged_record_costs_only_itself(int at)
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout layout = Layout.Of(path);
        Layout.Flip(path, layout.OffsetOf(5) + at);

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        SalvageGap gap = Assert.Single(report.Gaps);
        Assert.Equal(
            new SalvageGap(path, layout.OffsetOf(5), 5, 5, gap.Reason), gap);
        await AssertCopiedAsync(records, 5);
    }

    [Theory]
    [InlineData(3, 2, 4)]
    [InlineData(4, 2, 4)]
    [InlineData(5, 5, 5)]
    [InlineData(6, 6, 8)]
    public async Task Batch_with_a_damaged_record_is_lost_whole(long damaged, long first, long last)
    {
        List<byte[]> records = await InspectedLogs.CreateBatchesAsync(_directory, 6);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout.Flip(path, Layout.Of(path).PayloadOf(damaged));

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        SalvageGap gap = Assert.Single(report.Gaps);
        Assert.Equal((first, last), (gap.FirstSequence, gap.LastSequence));
        await AssertCopiedAsync(
            records,
            [.. Enumerable.Range((int)first, (int)(last - first + 1)).Select(i => (long)i)]);
    }

    [Fact]
    public async Task Flipped_end_of_batch_flag_does_not_split_a_batch()
    {
        List<byte[]> records = await InspectedLogs.CreateBatchesAsync(_directory, 6);
        string path = InspectedLogs.Segment(_directory.Path, 0);

        // Record 3 is the middle of the batch 2 to 4: it now looks like its end.
        Layout.Flip(path, Layout.Of(path).OffsetOf(3) + 9, mask: (byte)RecordFlags.EndOfBatch);

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        SalvageGap gap = Assert.Single(report.Gaps);
        Assert.Equal((2L, 4L), (gap.FirstSequence, gap.LastSequence));
        await AssertCopiedAsync(records, 2, 3, 4);
    }

    [Fact]
    public async Task Damaged_group_header_costs_no_record()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        Layout.Flip(path, Layout.Of(path).GroupOf(4).Offset + 40);

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        Assert.Empty(report.Gaps);
        Assert.Contains(report.Findings, f => f.Path == path);
        await AssertCopiedAsync(records);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Damaged_segment_header_costs_no_record(int index)
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        string path = InspectedLogs.Segment(_directory.Path, index);
        Layout.Flip(path, 95);

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        Assert.Empty(report.Gaps);
        Assert.Contains(report.Findings, f => f.Path == path && f.Offset == 0);
        await AssertCopiedAsync(records);
    }

    [Fact]
    public async Task Damaged_header_without_manifests_costs_no_record()
    {
        List<byte[]> records = await InspectedLogs.CreateAsync(_directory);
        File.Delete(_directory.File("manifest-a"));
        Layout.Flip(_directory.File("manifest-b"), 70);
        Layout.Flip(InspectedLogs.Segment(_directory.Path, 1), 95);

        SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, Target);

        Assert.Empty(report.Gaps);
        await AssertCopiedAsync(records);
    }

    [Fact]
    public async Task Whole_groups_beyond_a_torn_one_are_copied()
    {
        (string killed, List<byte[]> records) = await InspectedLogs.KilledAsync(_directory, 6);
        string path = InspectedLogs.Segment(killed, 0);
        Layout layout = Layout.Of(path);
        Layout.Flip(path, layout.PayloadOf(4));
        Layout.Flip(path, layout.PayloadOf(6));

        SalvageReport report = await LogDirectory.SalvageAsync(killed, Target);

        Assert.Equal(4, Assert.Single(report.Gaps).FirstSequence);
        Assert.Contains(
            report.Findings, f => f.Reason.StartsWith("torn tail", StringComparison.Ordinal));
        await AssertCopiedAsync(records, 4, 6);
    }

    [Fact]
    public async Task Whatever_byte_is_changed_at_most_one_record_is_lost()
    {
        List<byte[]> records = await SmallLogs.CreateAsync(_directory.Path, 4, 100);
        string path = InspectedLogs.Segment(_directory.Path, 0);
        long end = Layout.Of(path).End;
        for (long offset = 0; offset < end; offset += offset % 4096 < 300 ? 23 : 997)
        {
            Layout.Flip(path, offset, mask: 0x01);
            string target = _directory.Sibling($"at-{offset}");
            SalvageReport report = await LogDirectory.SalvageAsync(_directory.Path, target);
            Layout.Flip(path, offset, mask: 0x01);

            long[] lost = [.. report.Gaps.Select(g => g.FirstSequence)];
            Assert.True(lost.Length <= 1, $"{lost.Length} records lost, offset {offset}");
            LogContents.AssertSame(
                [.. records.Where((_, i) => !lost.Contains(i + 1L))],
                await LogContents.ReadAsync(target));
        }
    }

    private async Task AssertCopiedAsync(List<byte[]> records, params long[] lost)
    {
        List<byte[]> expected = [.. records.Where((_, i) => !lost.Contains(i + 1L))];
        LogContents.AssertSame(expected, await LogContents.ReadAsync(Target));
    }
}
