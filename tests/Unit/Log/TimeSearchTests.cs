namespace LogEngine.Unit.Log;

public sealed class TimeSearchTests
{
    [SkippableTheory]
    [InlineData(IoMode.Direct)]
    [InlineData(IoMode.Buffered)]
    public async Task The_first_record_at_or_after_a_time_is_found(IoMode mode)
    {
        Machine.Require(mode);
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        WriteAheadLogOptions options = SmallLogs.Options(mode) with { TimeProvider = time };
        await using (WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, options))
        {
            for (int i = 1; i <= 60; i++)
            {
                time.SetUtcNow(ManualTime.Epoch.AddMinutes(i));
                log.Append(Payloads.Of(3000, i));
            }

            await AssertFindsAsync(log);
        }

        await using WriteAheadLog again = await WriteAheadLog.OpenAsync(scratch.Path, options);
        await AssertFindsAsync(again);
    }

    [Fact]
    public async Task Record_times_never_go_back_when_the_clock_does()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        WriteAheadLogOptions options = SmallLogs.Options() with { TimeProvider = time };
        await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, options);
        int[] minutes = [10, 5, 20, 0, 15, 30];
        foreach (int minute in minutes)
        {
            time.SetUtcNow(ManualTime.Epoch.AddMinutes(minute));
            log.Append([1]);
        }

        Assert.Equal([10, 10, 20, 20, 20, 30], Minutes(log));
        Assert.Equal(
            3, await log.FindSequenceAsync(ManualTime.Epoch.AddMinutes(11)).Soon());
    }

    [Fact]
    public async Task Record_times_never_go_back_across_a_reopening()
    {
        using ScratchDirectory scratch = new();
        ManualTime time = new();
        WriteAheadLogOptions options = SmallLogs.Options() with { TimeProvider = time };
        foreach (int minute in new[] { 30, 10, 40 })
        {
            time.SetUtcNow(ManualTime.Epoch.AddMinutes(minute));
            await using WriteAheadLog log = await WriteAheadLog.OpenAsync(scratch.Path, options);
            log.Append([1]);
        }

        await using WriteAheadLog last = await WriteAheadLog.OpenAsync(scratch.Path, options);
        Assert.Equal([30, 30, 40], Minutes(last));
    }

    [Fact]
    public async Task Only_durable_records_are_found()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        Assert.Null(await log.FindSequenceAsync(DateTimeOffset.MinValue).Soon());
        log.Append([1], Durability.ProcessCrash);
        Assert.Null(await log.FindSequenceAsync(DateTimeOffset.MinValue).Soon());
        await log.FlushAsync().Soon();
        Assert.Equal(1, await log.FindSequenceAsync(DateTimeOffset.MinValue).Soon());
        Assert.Null(await log.FindSequenceAsync(DateTimeOffset.MaxValue).Soon());
    }

    [Fact]
    public async Task Truncated_records_are_not_found()
    {
        using ScratchDirectory scratch = new();
        await using WriteAheadLog log = await SmallLogs.OpenAsync(scratch.Path);
        SmallLogs.Append(log, 30, 3000);
        await log.TruncateBeforeAsync(12).Soon();
        Assert.Equal(12, await log.FindSequenceAsync(DateTimeOffset.MinValue).Soon());
    }

    private static async Task AssertFindsAsync(WriteAheadLog log)
    {
        for (int i = 1; i <= 60; i++)
        {
            DateTimeOffset at = ManualTime.Epoch.AddMinutes(i);
            Assert.Equal(i, await log.FindSequenceAsync(at).Soon());
            Assert.Equal(i, await log.FindSequenceAsync(at.AddSeconds(-30)).Soon());
        }

        Assert.Equal(1, await log.FindSequenceAsync(DateTimeOffset.MinValue).Soon());
        Assert.Null(await log.FindSequenceAsync(ManualTime.Epoch.AddMinutes(61)).Soon());
    }

    private static List<int> Minutes(WriteAheadLog log)
    {
        List<int> minutes = [];
        using LogReader reader = log.OpenReader(1);
        while (reader.TryRead(out StoredRecord record))
        {
            minutes.Add((int)(record.Time - ManualTime.Epoch).TotalMinutes);
        }

        return minutes;
    }
}
