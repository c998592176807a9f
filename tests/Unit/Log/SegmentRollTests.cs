namespace LogEngine.Unit.Log;

public sealed class SegmentRollTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Records_read_back_across_many_segments_and_reopenings(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        List<byte[]> expected = [];
        for (int round = 0; round < 3; round++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, mode);
            LogContents.AssertSame(expected, LogContents.Read(log));
            expected.AddRange(SmallLogs.Append(log, 80, 3500, seed: round * 1000));
            Assert.True(log.Statistics.SegmentsStarted > 3);
            LogContents.AssertSame(expected, LogContents.Read(log));
        }

        LogContents.AssertSame(expected, await LogContents.ReadAsync(scratch.Path));
    }

    [Fact]
    public async Task Every_segment_has_the_size_asked_for_until_it_is_closed()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        SmallLogs.Append(log, 60, 3500);
        Assert.All(
            scratch.SegmentFiles(), file => Assert.InRange(new FileInfo(file).Length, 0, 65_536));
    }

    [Fact]
    public async Task Opening_again_and_again_costs_no_space()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 3, 100);
        for (int i = 0; i < 10; i++)
        {
            await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
            Assert.Equal(3, log.LastSequence);
        }

        Assert.InRange(scratch.SegmentFiles().Length, 1, 2);
    }

    [Fact]
    public async Task An_oversize_record_gets_a_segment_of_its_own_size()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = [];
        await using (WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path))
        {
            expected.AddRange(SmallLogs.Append(log, 3, 100));
            expected.AddRange(SmallLogs.Append(log, 1, 1_000_000, seed: 50));
            expected.AddRange(SmallLogs.Append(log, 3, 100, seed: 60));
            Assert.Contains(
                scratch.SegmentFiles(), file => new FileInfo(file).Length > 1_000_000);
        }

        await using WriteAheadLog again = await SmallLogs.OpenAsync(scratch.Path);
        LogContents.AssertSame(expected, LogContents.Read(again));
    }

    [Fact]
    public async Task A_log_can_be_opened_with_other_segment_sizes()
    {
        using ScratchDirectory scratch = new();
        List<byte[]> expected = [];
        foreach (long size in new[] { 65_536L, 1 << 20, 100_000, 65_536 })
        {
            await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
                scratch.Path, SmallLogs.Options() with { SegmentSizeBytes = size });
            expected.AddRange(SmallLogs.Append(log, 40, 3000, seed: expected.Count));
            LogContents.AssertSame(expected, LogContents.Read(log));
        }
    }

    [SkippableTheory]
    [InlineData(IoMode.Direct, IoMode.Buffered)]
    [InlineData(IoMode.Buffered, IoMode.Direct)]
    public async Task A_log_can_be_opened_with_the_other_io_mode(IoMode first, IoMode second)
    {
        Machine.Require(IoMode.Direct);
        using ScratchDirectory scratch = new();
        List<byte[]> expected = await SmallLogs.CreateAsync(scratch.Path, 40, 3000, first);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path, second);
        Assert.Equal(second, log.Recovery.IoMode);
        expected.AddRange(SmallLogs.Append(log, 40, 3000, seed: 500));
        LogContents.AssertSame(expected, LogContents.Read(log));
    }
}
