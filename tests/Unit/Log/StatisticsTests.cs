namespace LogEngine.Unit.Log;

public sealed class StatisticsTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task Counters_add_up(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(
            scratch.Path, SmallLogs.Options(mode) with { TimeProvider = new ManualTime() });
        SmallLogs.Append(log, 60, 3000);
        LogStatistics statistics = log.Statistics;
        Assert.Equal((60, 180_000), (statistics.RecordsAppended, statistics.PayloadBytes));
        Assert.Equal(60, statistics.GroupsWritten);
        Assert.InRange(statistics.Syncs, 60, 80);
        Assert.InRange(statistics.BytesWritten, 60 * 4096, 80 * 4096);
        Assert.InRange(statistics.Fill, 0.5, 0.75);
        Assert.Equal(statistics.SegmentsStarted, statistics.Segments - 1);
        Assert.Equal(0, statistics.SegmentsRecycled);
    }

    [Fact]
    public async Task A_new_log_has_counted_nothing()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        LogStatistics statistics = log.Statistics;
        Assert.Equal((0, 0, 0), (
            statistics.RecordsAppended, statistics.GroupsWritten, statistics.BytesWritten));
        Assert.Equal(0, statistics.Fill);
    }

    [Fact]
    public async Task The_report_says_what_was_found_and_chosen()
    {
        using ScratchDirectory scratch = new();
        await SmallLogs.CreateAsync(scratch.Path, 60, 3000);
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        RecoveryReport report = log.Recovery;
        Assert.Equal(scratch.Path, report.Directory);
        Assert.NotEqual(Guid.Empty, report.StoreId);
        Assert.Equal((1, 60), (report.FirstSequence, report.LastSequence));
        Assert.Equal((IoMode.Buffered, RecoveredTail.Sealed), (report.IoMode, report.Tail));
        Assert.NotNull(report.IoReason);
        Assert.NotEmpty(report.FileSystem);
        Assert.True(report.Alignment >= 4096);
        Assert.Equal((0, 0, -1, null, false), (
            report.DroppedBytes,
            report.DroppedGroups,
            report.CutOffset,
            report.CutFile,
            report.Ambiguous));
        Assert.NotEmpty(report.Steps);
        Assert.True(report.Duration > TimeSpan.Zero);
        Assert.Empty(report.Warnings);
    }
}
